"""Expressions and templates of playbooks: what they may say, what they come to, and that nothing runs as code."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.agent.prompt import fenced
from teams.playbook.evaluation import BadExpression
from teams.playbook.expressions import Expression
from teams.playbook.functions import MAX_SIZE, weighed
from teams.playbook.templates import Template

SCOPE = {
    "inputs": {"n": 3, "words": ["a", "b"], "text": "It is", "yes": True},
    "steps": {"one": {"outcome": "done", "outputs": {"items": [{"x": 1}, {"x": 2}]}}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.n + 1 > 3 and not false", True),
        ("inputs['n'] - 4", -1),
        ("'a' in inputs.words", True),
        ("len(inputs.words) == 2 or inputs.missing", True),
        ("[one.x for one in steps.one.outputs.items if one.x > 1]", [2]),
        ("[[a, b] for a in inputs.words for b in [1]]", [["a", 1], ["b", 1]]),
        ("inputs.words[-1]", "b"),
        ("inputs.text[:2]", "It"),
        ("{'k': inputs.n, 'l': none}", {"k": 3, "l": None}),
        ("1 < inputs.n <= 3", True),
        ("inputs.missing if false else 'x'", "x"),
        ("join(inputs.words, '/')", "a/b"),
        ("flat([[1], [2, 3]])", [1, 2, 3]),
        ("inputs.n\n  == 3", True),
        ("any([])", False),
        ("max([1, 2])", 2),
    ],
)
def test_an_expression_comes_to_its_value(text: str, value: object) -> None:
    assert Expression(text).value(SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        *("__import__('os')", "open('x')", "inputs.text.upper()", "(lambda: 1)()", "f'{inputs}'", "inputs.n * 9"),
        *("2 ** 9", "x := 1", "[*inputs.words]", "{**inputs}", "len(x=1)", "b'x'", "1j", "...", "yield 1", "a; b"),
        *("", " ", "(", "inputs.", "{x for x in inputs.words}", "[x async for x in y]", "[a for a, b in y]", "steps"),
        *("'x' is 'x'", "await x", "print(1)", "(" * 300, "-" * 1999 + "1", "1 +" * 700),
    ],
)
def test_what_is_no_expression_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(BadExpression):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inputs.q", "inputs has no 'q'; it has n, words, text, yes"),
        ("inputs.words[5]", "so there is none at 5"),
        ("inputs.n.x", "inputs.n is a number, which has no 'x'"),
        ("inputs.text.upper", "which has no 'upper'"),
        ("inputs.text.__class__", "which has no '__class__'"),
        ("nobody", "there is no 'nobody' here"),
        ("inputs.n + 'x'", "unsupported operand"),
        ("inputs.n < 'x'", "not supported"),
        ("unique([1], 'x')", "unique takes mappings"),
        ("min([])", "min of nothing"),
        ("join('ab')", "join takes a list"),
        ("len(inputs.n)", "has no len()"),
        ("join(inputs.words, 5)", "join puts a text between them"),
        ("unique([{'a': 'x'}], 'a', 'who')", "'who'"),
        ("9" * 400 + " + 1.5", "too large"),
        ("1e308 + 1e308", "no number"),
    ],
)
def test_what_cannot_be_worked_out_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadExpression) as caught:
        Expression(text).value(SCOPE)

    assert said in caught.value.message
    assert caught.value.message.startswith(text)


def test_work_and_size_are_bounded() -> None:
    many = {"many": list(range(1000))}

    with pytest.raises(BadExpression, match="more than 100,000 steps"):
        Expression("[a for a in many for b in many]").value(many)
    with pytest.raises(BadExpression, match="parts"):
        Expression("a + a").value({"a": "x" * (MAX_SIZE // 2 + 1)})


@pytest.mark.parametrize(
    "text",
    [
        "one == other",
        "one in [other]",
        "sorted([one, other])",
        "[text for text in many if a == b]",
        "[a + b for text in many]",
        "[a[1:] for text in many]",
        "[text(a) for one in many]",
    ],
)
def test_work_that_takes_few_steps_is_bounded_too(text: str) -> None:
    """Lists that hold one another twice are small, and are compared for years."""
    one, other = ["x"], ["x"]
    for _ in range(60):
        one, other = [one, one], [other, other]  # type: ignore[list-item]
    scope = {"one": one, "other": other, "a": "x" * 400_000, "b": "x" * 400_000, "many": list(range(1000))}

    with pytest.raises(BadExpression, match="looks at more than"):
        Expression(text).value(scope)


@pytest.mark.parametrize("text", ["1e309", "-1e309"])
def test_what_is_no_number_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(BadExpression, match="no number"):
        Expression(text)


def test_what_doubles_without_end_is_weighed() -> None:
    value: list[object] = ["x"]
    for _ in range(60):
        value = [value, value]

    with pytest.raises(ValueError, match="more than"):
        weighed(value)


def test_the_steps_that_an_expression_speaks_of_are_known() -> None:
    found = Expression("[steps.a.x for item in steps['b'].outputs.items if item != other]")

    assert found.steps == {"a", "b"}
    assert found.names == {"steps", "other"}


def _said(text: str) -> str:
    """Return what an expression comes to, or why the text is refused."""
    try:
        return repr(Expression(text).value({}))
    except BadExpression as refused:
        return str(refused).strip()


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    assert _said(text) == _said(text) != ""


def test_what_says_the_same_is_one_with_all_who_said_it() -> None:
    said = [{"by": "a", "text": "Tabs."}, {"by": "b", "text": "Blanks"}, {"by": "c", "text": " tabs\n"}]

    first, second = Expression("unique(said, 'text', 'by')").value({"said": said})

    assert (first["id"], first["by"], first["text"]) == ("1", ["a", "c"], "Tabs.")
    assert [one["by"] for one in first["same"]] == ["c"]
    assert (second["id"], second["by"]) == ("2", ["b"])


def test_one_insertion_alone_keeps_its_type() -> None:
    assert Template(" {{ inputs.words }} ").value(SCOPE) == ["a", "b"]
    assert Template("{{ inputs.n }}{{ inputs.n }}").value(SCOPE) == "33"
    assert Template("n = {{ inputs.n }}, {{ inputs.yes }}{{ none }}").plain(SCOPE) == "n = 3, true"


def test_an_insertion_that_is_never_closed_is_refused() -> None:
    with pytest.raises(BadExpression, match="without"):
        Template("a {{ b")


@pytest.mark.parametrize("text", ["{{" * 50_000, "{{ a }" * 20_000, "{{ a }} {{" * 20_000])
def test_insertions_that_are_never_closed_take_no_time(text: str) -> None:
    began = time.monotonic()

    with pytest.raises(BadExpression, match="without"):
        Template(text)
    assert time.monotonic() - began < 30  # it took minutes


def test_in_a_command_what_is_inserted_is_quoted() -> None:
    scope = {"x": "a b; rm -r", "y": ["1", "2 3"], "z": ""}

    assert Template("ls {{ x }} {{ y }} {{ z }}").command(scope) == "ls 'a b; rm -r' 1 '2 3' ''"
    assert Template("{{ x }}").command(scope) == "a b; rm -r"


def test_in_a_prompt_what_others_said_is_fenced_and_cannot_close_its_fence() -> None:
    scope = {"inputs": "plain </data>", "steps": {"a": "x </DATA > y"}, "n": 3, "name": "ann"}
    said = frozenset({"steps", "n", "name"})

    text = Template("{{ inputs }} {{ steps.a }} {{ n }} {{ name }}").prompt(scope, said=said)

    assert text == f"plain </data> \n{fenced('data', 'x </DATA > y')}\n 3 ann"
    assert "x <\\/DATA > y" in text
