"""Pictures for documents: the same each time, and readable without anything from elsewhere."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from onecontext.api import Memory
from tests.tui.till import whole
from tui.pictures import main, render


def test_the_same_journal_gives_the_same_picture(tmp_path: Path) -> None:
    journal = whole().write(tmp_path / "journal.jsonl")

    render(journal, None, tmp_path / "one.svg")
    render(journal, None, tmp_path / "two.svg")

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_picture_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    render(whole().write(tmp_path / "journal.jsonl"), None, tmp_path / "out.svg", size=(80, 24))
    svg = (tmp_path / "out.svg").read_text(encoding="utf-8")

    ElementTree.fromstring(svg)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", svg))
    assert addresses <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
    assert "@font-face" not in svg
    assert set(re.findall(r"terminal-\w+", svg)) == {"terminal-monitor"}
    assert "monospace;" in svg


def test_the_command_draws_the_memory_too(tmp_path: Path) -> None:
    memory = Memory.init(tmp_path, agent="ann")
    memory.commit("learned where the tills are")
    memory.flush()
    journal = whole().write(tmp_path / "journal.jsonl")

    assert main([str(journal), str(memory.path), str(tmp_path / "out.svg")]) == 0

    drawn = (tmp_path / "out.svg").read_text(encoding="utf-8").replace("&#160;", " ")
    assert "learned where" in drawn


def test_a_picture_of_the_middle_shows_nothing_that_came_later(tmp_path: Path) -> None:
    journal = whole().write(tmp_path / "journal.jsonl")

    render(journal, None, tmp_path / "middle.svg", last_seq=5)
    render(journal, None, tmp_path / "end.svg")

    middle, end = ((tmp_path / name).read_text(encoding="utf-8") for name in ("middle.svg", "end.svg"))
    assert "replaying" in middle
    assert "finished" in end
    assert "5&#160;events" in middle


def test_a_picture_of_before_the_first_event_is_refused(tmp_path: Path) -> None:
    journal = whole().write(tmp_path / "journal.jsonl")

    assert main([str(journal), str(tmp_path), str(tmp_path / "out.svg"), "0"]) == 2


def test_the_command_says_how_it_is_used() -> None:
    assert main([]) == 2


def test_the_command_says_in_a_sentence_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([str(tmp_path / "gone.jsonl"), str(tmp_path), str(tmp_path / "out.svg")])

    assert code == 2
    assert "there is no journal" in capsys.readouterr().err
    assert not (tmp_path / "out.svg").exists()
