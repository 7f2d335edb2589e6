"""main.md in the person's own editor: a real terminal, a real editor that is a script."""

from pathlib import Path

import pytest

from onecontext.api import Memory
from tests.support.waiting import until
from tests.tui.live import monitor
from tests.tui.till import middle
from tui.acting.editor import edit, editor_of, forget
from tui.sources.folder import JOURNAL

WAITS = "fix-offers"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    memory = Memory.init(tmp_path)
    memory.write_main("# Plan\n")
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def editor(folder: Path, script: str) -> str:
    """Return an editor that does ``script`` with the file "$1"."""
    path = folder / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"'{path}'"


def test_visual_comes_before_editor_and_neither_is_none() -> None:
    assert editor_of({"VISUAL": "vim -f", "EDITOR": "ed"}) == "vim -f"
    assert editor_of({"VISUAL": " ", "EDITOR": "ed"}) == "ed"
    assert editor_of({}) == ""


def test_an_editor_with_options_is_given_the_file_and_what_it_wrote_is_taken(tmp_path: Path) -> None:
    edited = edit(f"{editor(tmp_path, 'echo $1 > $2')} -x", "# Plan\n", {"PATH": "/usr/bin:/bin"})

    assert (edited.text, edited.trouble) == ("-x\n", "")
    assert edited.file.parent.stat().st_mode & 0o077 == 0
    forget(edited)
    assert not edited.file.parent.exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 3", "exit code 3"), ("rm $1", "cannot be read"), ("printf '\\377' > $1", "cannot be read")],
)
def test_an_editor_that_fails_gives_no_text_to_be_taken(tmp_path: Path, script: str, words: str) -> None:
    edited = edit(editor(tmp_path, script), "# Plan\n", {"PATH": "/usr/bin:/bin"})

    assert words in edited.trouble
    forget(edited)


def test_the_terminal_is_the_editors_while_it_runs_and_what_it_wrote_is_in_main_md(project: Path) -> None:
    command = editor(project, 'echo "SHOWN BY EDITOR"; read line; echo "$line" >> "$1"')
    with monitor(project, "--control", VISUAL=command) as terminal:
        terminal.wait_for(WAITS)
        terminal.type("E")
        terminal.wait_for("SHOWN BY EDITOR")
        seen = terminal.written_bytes
        terminal.type("typed by hand\n")
        terminal.wait_for("edit: ", since_bytes=seen)
        until(lambda: "typed by hand" in Memory.open(project).read_main())
        terminal.type("q")
        assert terminal.wait() == 0


def test_an_edit_of_somebody_else_meanwhile_stands_and_what_was_typed_is_kept(project: Path, tmp_path: Path) -> None:
    command = editor(project, 'echo "SHOWN BY EDITOR"; read line; echo "$line" >> "$1"; echo "$1" > kept')
    with monitor(project, "--control", EDITOR=command, VISUAL="", TMPDIR=str(tmp_path)) as terminal:
        terminal.wait_for(WAITS)
        terminal.type("E")
        terminal.wait_for("SHOWN BY EDITOR")
        Memory.open(project).write_main("theirs\n")
        terminal.type("mine\n")
        terminal.wait_for("somebody")  # in a notice, whose rows end where its path lets them
        terminal.type("q")
        assert terminal.wait() == 0

    assert Memory.open(project).read_main() == "theirs\n"
    assert Path((project / "kept").read_text().strip()).read_text() == "# Plan\nmine\n"
