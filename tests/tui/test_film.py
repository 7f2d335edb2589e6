"""The film of a run: short, from the screen itself, and a sentence where a program is missing."""

import shutil
from pathlib import Path

import pytest

from tests.tui.till import whole
from tui.film import SIZE, main, shots


@pytest.mark.parametrize("count", [1, 7, 100_000])
def test_a_film_takes_at_most_twenty_seconds_and_ends_at_the_end(count: int) -> None:
    told = shots(count)

    assert sum(shot.hold_cs for shot in told) <= 2_000
    assert (told[0].seq >= 1, max(shot.seq for shot in told)) == (True, count)


def test_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    journal = whole().write(tmp_path / "journal.jsonl")

    assert main([str(journal), str(tmp_path), str(tmp_path / "out.gif")]) != 0

    assert "rsvg-convert" in capsys.readouterr().err
    assert not (tmp_path / "out.gif").exists()


def test_a_film_moves(tmp_path: Path) -> None:
    if shutil.which("rsvg-convert") is None:
        pytest.skip("there is no rsvg-convert")
    image = pytest.importorskip("PIL.Image")
    journal = whole().write(tmp_path / "journal.jsonl")

    assert main([str(journal), str(tmp_path / "none"), str(tmp_path / "out.gif")]) == 0

    with image.open(tmp_path / "out.gif") as film:
        assert film.n_frames > 10
        assert film.width / film.height > SIZE[0] / SIZE[1] / 2.5
    assert (tmp_path / "out.gif").stat().st_size < 2_000_000
