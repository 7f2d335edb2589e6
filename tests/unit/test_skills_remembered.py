"""What was read of skills and kept: used only where nothing changed, and never believed."""

import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onecontext.version import __version__
from skills.finding import discover
from skills.finding.discover import Found, find_skills
from skills.finding.remembered import MAX_FILES, file_for
from skills.format import loading
from tests.support.skills import Write, skill_writer

LONG_AGO_NS = 1_700_000_000_000_000_000


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders whose documents were read, in their order."""
    seen: list[str] = []
    load = loading.load

    def watched(document: Path, folder: Path | None = None) -> Any:
        seen.append(document.parent.name)
        return load(document, folder)

    monkeypatch.setattr(loading, "load", watched)
    return seen


def _find(tmp_path: Path) -> Found:
    return find_skills(tmp_path / "project", None, bundled=tmp_path / "none", cache=tmp_path / "cache")


def _file(tmp_path: Path) -> Path:
    return file_for(tmp_path / "cache", tmp_path / "project")


def _wait_until_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock be far ahead of the files: what is young is not kept, since ctime cannot be set back."""
    later = max(path.lstat().st_ctime_ns for path in tmp_path.rglob("*")) + 10**10
    monkeypatch.setattr(discover.time, "time_ns", lambda: later)


@pytest.fixture
def kept(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]) -> Found:
    """Three skills of which one is untidy and one is none, found once and kept."""
    write("project/.agents/skills", "a", "name: a\ndescription: d\nmetadata: {v: 1.0}\nallowed-tools: Read\nx: [y]\n")
    write("project/.agents/skills", "b", "name: other\ndescription: d\n")
    (write("project/.agents/skills", "c") / "SKILL.md").write_bytes(b"\xff\xfe")
    _wait_until_old(tmp_path, monkeypatch)
    found = _find(tmp_path)
    assert read == ["a", "b", "c"]
    read.clear()
    return found


def test_what_did_not_change_is_not_read_again_and_is_the_same(kept: Found, tmp_path: Path, read: list[str]) -> None:
    again = _find(tmp_path)

    assert read == []
    assert again == kept
    assert [skill.metadata for skill in again.skills] == [{"v": "1.0"}, {}]
    assert again.skills[0].more == {"x": ["y"]}


CHANGES: dict[str, Callable[[Path], object]] = {
    "its text": lambda path: path.write_text("---\nname: a\ndescription: new\n---\n"),
    "its text, in the same length and time": lambda path: (
        path.write_text(path.read_text().replace("description: d", "description: e")),
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS)),
    ),
    "another file in its place": lambda path: (
        (path.parent / "new").write_text(path.read_text().replace("description: d", "description: e")),
        (path.parent / "new").rename(path),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_read_again_and_nothing_else(kept: Found, tmp_path: Path, read: list[str], change: str) -> None:
    document = tmp_path / "project/.agents/skills/a/SKILL.md"
    os.utime(document, ns=(LONG_AGO_NS, LONG_AGO_NS))
    _find(tmp_path)
    read.clear()

    CHANGES[change](document)

    assert _find(tmp_path).skills[0].description in ("new", "e")
    assert read == ["a"]


def test_what_is_new_is_read_and_what_is_gone_is_forgotten(
    kept: Found, write: Write, tmp_path: Path, read: list[str]
) -> None:
    (tmp_path / "project/.agents/skills/a/SKILL.md").unlink()
    write("project/.agents/skills", "new")

    assert [skill.name for skill in _find(tmp_path).skills] == ["new", "other"]
    assert read == ["new"]
    assert "/a/SKILL.md" not in _file(tmp_path).read_text()


def test_what_is_so_young_that_a_change_could_leave_no_trace_is_not_kept(
    write: Write, tmp_path: Path, read: list[str]
) -> None:
    write("project/.agents/skills", "a")

    _find(tmp_path)
    _find(tmp_path)

    assert read == ["a", "a"]


# --- a file that is not what we wrote ---------------------------------------------------------------------------------


def _forged(rows: Any) -> bytes:
    body = json.dumps(rows).encode()
    return f"onecontext skills 1 {__version__} {zlib.crc32(body):08x}\n".encode() + body


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content.replace(b'"a"', b'"z"', 1),
        lambda content: content.replace(__version__.encode(), b"0.0.0", 1),
        lambda content: content.replace(b"skills 1", b"skills 2", 1),
        lambda content: b"\0" * 1000,
        lambda content: _forged([]),
        lambda content: _forged(3),
        lambda content: _forged("[" * 100)[:-1] + b"[" * 100_000,
    ],
)
def test_a_file_that_is_damaged_or_of_another_version_is_thrown_away(
    kept: Found, tmp_path: Path, read: list[str], damage: Callable[[bytes], bytes]
) -> None:
    file = _file(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))

    assert _find(tmp_path) == kept
    assert read == ["a", "b", "c"]
    assert file.read_bytes() == whole


def test_a_hostile_file_adds_no_skill_and_makes_none_of_a_wrong_form(
    kept: Found, tmp_path: Path, read: list[str]
) -> None:
    file = _file(tmp_path)
    rows = json.loads(file.read_bytes().partition(b"\n")[2])
    (path,) = (path for path in rows if path.endswith("/a/SKILL.md"))
    stamp, skill, _ = rows[path]
    evil = str(tmp_path / "evil/SKILL.md")
    wrong: list[Any] = [
        None,
        "text",
        [],
        [stamp, None, None],
        [stamp, skill],
        [stamp, [*skill[:-1], []], None],
        [stamp, ["../x", *skill[1:]], None],
        [stamp, [skill[0], "d" * 2000, *skill[2:]], None],
        [stamp, [*skill[:4], {"k": 1}, *skill[5:]], None],
        [stamp, [*skill[:5], [1], skill[6]], None],
        [stamp, skill, ["reason", "line", "mend", True]],
        [stamp, skill, ["reason"]],
    ]

    for row in wrong:
        read.clear()
        file.write_bytes(_forged({**rows, path: row, evil: [stamp, ["evil", *skill[1:]], None]}))
        assert _find(tmp_path) == kept
        assert read == ["a"], row
        assert "evil" not in file.read_text()


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_file_there_is_not_opened(
    kept: Found, tmp_path: Path, read: list[str], make: Callable[[Path], object]
) -> None:
    file = _file(tmp_path)
    file.unlink()
    make(file)

    assert _find(tmp_path) == kept
    assert read == ["a", "b", "c"]


def test_a_file_that_others_may_write_is_not_believed(kept: Found, tmp_path: Path, read: list[str]) -> None:
    _file(tmp_path).chmod(0o666)

    assert _find(tmp_path) == kept
    assert read == ["a", "b", "c"]
    assert _file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(as_nobody: Path) -> None:
    folder = as_nobody / ".agents/skills/a"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: a\ndescription: d\n---\n")
    (as_nobody / "cache").mkdir(mode=0o500)

    found = find_skills(as_nobody, None, bundled=as_nobody / "none", cache=as_nobody / "cache" / "below")

    assert [skill.name for skill in found.skills] == ["a"]


def test_files_of_projects_that_nobody_asks_about_are_removed(kept: Found, tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        old = tmp_path / "cache" / f"skills-{number:08x}.json"
        old.write_text("old")
        os.utime(old, ns=(LONG_AGO_NS + number, LONG_AGO_NS + number))
    _file(tmp_path).unlink()

    _find(tmp_path)

    files = list((tmp_path / "cache").glob("skills-*.json"))
    assert len(files) == MAX_FILES
    assert _file(tmp_path) in files


def test_a_skill_that_was_kept_has_every_field_of_one_that_was_read(kept: Found, tmp_path: Path) -> None:
    assert [vars(skill) for skill in _find(tmp_path).skills] == [vars(skill) for skill in kept.skills]
