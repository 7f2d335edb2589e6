from till.basket import Line, read_basket, subtotal_cents


def test_comments_and_blank_lines_are_no_goods() -> None:
    assert read_basket(["# saturday", "", "tea,2.50,2"]) == [Line("tea", 250, 2)]


def test_subtotal_counts_every_piece() -> None:
    assert subtotal_cents([Line("tea", 250, 2), Line("jam", 399, 1)]) == 899
