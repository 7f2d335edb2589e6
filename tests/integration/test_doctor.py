"""The doctor: what it tries, and what it says in a folder without anything."""

import io
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli import doctor
from onecontext.cli.main import main
from onecontext.doctor import machine, memory
from onecontext.doctor.check import Check
from onecontext.doctor.examine import examine
from teams.protocol import health
from teams.protocol.team import Team
from tests.support.memory import new_memory


def run(cwd: Path, *arguments: str) -> tuple[int, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(["doctor", *arguments], env={}, cwd=cwd, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
    assert stderr.getvalue() == ""
    return code, stdout.getvalue()


@pytest.fixture
def no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other checks alone; the sandbox has tests of its own."""
    monkeypatch.setattr(doctor, "SOURCES", tuple(source for source in doctor.SOURCES if "guard" not in source))


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    """A folder with the files of a memory."""
    (tmp_path / ".onecontext" / ".git" / "onecontext").mkdir(parents=True)
    (tmp_path / ".onecontext" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".onecontext" / "format").write_text("1\n")
    (tmp_path / ".onecontext" / "main.md").write_text("# x\n")
    return tmp_path


def statuses(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


@pytest.mark.usefixtures("no_sandbox")
def test_it_works_where_there_is_nothing(tmp_path: Path) -> None:
    code, text = run(tmp_path)

    assert code == 0
    assert "not in a git repository" in text
    assert "there is no memory" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_sandbox")
def test_programs_get_one_json_document(tmp_path: Path) -> None:
    code, text = run(tmp_path, "--json")
    document: dict[str, Any] = json.loads(text)

    assert code == 0
    assert document["data"]["ok"] is True
    assert {"name", "status", "message", "fix"} == set(document["data"]["checks"][0])


def test_the_sandbox_is_really_tried(tmp_path: Path) -> None:
    _, text = run(tmp_path, "--json")
    (sandbox,) = [check for check in json.loads(text)["data"]["checks"] if check["name"] == "sandbox"]

    assert sandbox["status"] != "ok" or "a command ran" in sandbox["message"]
    assert sandbox["status"] == "ok" or sandbox["fix"]


def test_a_memory_is_written_locked_and_read_back(remembered: Path) -> None:
    found = list(memory.checks(remembered))

    assert statuses(found) == {"memory": "ok", "memory write": "ok"}
    assert list((remembered / ".onecontext" / ".git" / "onecontext").iterdir()) == []


@pytest.mark.usefixtures("no_sandbox")
def test_a_newer_format_fails(remembered: Path) -> None:
    (remembered / ".onecontext" / "format").write_text("2\n")

    code, text = run(remembered)

    assert code == 1
    assert "format 2" in text


def test_a_memory_that_cannot_be_written_fails(remembered: Path) -> None:
    private = remembered / ".onecontext" / ".git" / "onecontext"
    private.rmdir()
    private.write_text("in the way")

    assert statuses(list(memory.checks(remembered)))["memory write"] == "fail"


def test_a_lock_that_was_left_is_named_and_stays(tmp_path: Path) -> None:
    lock = new_memory(tmp_path).path / ".git" / "index.lock"
    lock.touch()
    os.utime(lock, (time.time() - 3600,) * 2)

    (finding,) = examine(lock.parents[1], datetime.now(UTC))

    assert finding.severity == "fail"
    assert finding.file == ".git/index.lock"
    assert lock.exists()


def test_team_documents_are_read_and_old_locks_named(remembered: Path) -> None:
    root = remembered / ".onecontext"
    (root / "teams" / "t1" / "inboxes").mkdir(parents=True)
    (root / "teams" / "t1" / "config.json").write_text("{}")
    (root / "teams" / "t1" / "inboxes" / "ann.json").write_text("[{")
    lock = root / "teams" / "t1" / "config.json.lock"
    lock.mkdir()
    os.utime(lock, (time.time() - 3600,) * 2)

    found = list(health.checks(remembered))

    assert statuses(found) == {"teams": "warn", "team locks": "warn"}
    assert "inboxes/ann.json" in found[0].message
    assert "config.json.lock" in found[1].message


def test_journals_are_read_to_the_end_and_damage_is_named_with_what_can_be_done(remembered: Path) -> None:
    root = remembered / ".onecontext"
    whole, torn, damaged = (Team.create(name, root=root).journal.path for name in ("whole", "torn", "damaged"))
    with torn.open("ab") as file:
        file.write(b'{"v":1,"seq":2,')
    Team.open("damaged", root=root).join("ann")
    lines = damaged.read_bytes().splitlines(keepends=True)
    damaged.write_bytes(lines[0] + lines[1].replace(b"ann", b"bob", 1))

    found = [check for check in health.checks(remembered) if check.name == "team journals"]

    assert [check.status for check in found] == ["fail", "warn", "ok"]
    assert f"{damaged} line 2 at byte {len(lines[0])} does not agree with its checksum" in found[0].message
    assert f"'onecontext replay {damaged} --to 1'" in found[0].fix
    assert "15 bytes" in found[1].message
    assert "1 in" in found[2].message
    assert whole.stat().st_size > 0


def test_a_room_that_cannot_be_imported_is_one_failed_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SOURCES", ("onecontext.doctor.machine", "teams.nosuchroom.health"))

    code, text = run(tmp_path)

    assert code == 1
    assert "could not run: No module named 'teams.nosuchroom'" in text


def test_a_version_that_carries_malware_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "version", lambda name: "1.82.8" if name == "litellm" else "1.0")

    (libraries,) = [check for check in machine.checks(tmp_path) if check.name == "libraries"]

    assert libraries.status == "fail"


def test_no_fix_names_a_command_that_destroys(remembered: Path) -> None:
    (remembered / ".onecontext" / "format").write_text("x")
    found = [*memory.checks(remembered), *health.checks(remembered), *machine.checks(remembered)]

    assert not [check.fix for check in found if any(word in check.fix for word in ("rm ", "reset", "--hard", "clean"))]
