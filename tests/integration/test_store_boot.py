"""After the machine was started anew the work tree is compared with git, and what a power cut tore is put back."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.memory import recording
from onecontext.store import place as places
from tests.support.memory import check, git, new_memory

OTHER = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    for n in range(3):
        memory.step(f"saw {n}")
        memory.commit(f"did {n}")
    memory.flush()
    return memory


def files(memory: Memory) -> dict[str, bytes]:
    folders = (memory.path / "branches", memory.path / "main.md", memory.path / "format")
    found = [path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("*.*"))]
    return {str(path.relative_to(memory.path)): path.read_bytes() for path in found if path.is_file()}


TORN = {
    "branches/main/commit/0000.md": b"",
    "branches/main/commit.md": None,
    "branches/main/log/0000/0001.md": bytes(64),
    "branches/main/log/0000/0000.md": 40,
    "branches/main/metadata.yaml": bytes(10),
}


def test_what_a_power_cut_tore_is_put_back(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    before, told = files(memory), memory.milestones()
    for name, left in TORN.items():
        path = memory.path / name
        if left is None:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:left] if isinstance(left, int) else left)
    monkeypatch.setattr(places, "boot_id", lambda: OTHER)

    again = Memory.open(memory.path)

    assert again.milestones() == told
    assert len(again.steps()) == 3
    assert files(memory) == before
    kept = {path.read_bytes() for path in (memory.path / ".git/onecontext/quarantine").iterdir()}
    assert before["branches/main/log/0000/0000.md"][:40] in kept
    check(memory.path)


def test_what_was_edited_by_hand_stays_an_edit(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    (memory.path / "main.md").write_text("# Roadmap\n")
    path = memory.path / "branches/main/commit.md"
    path.write_text(path.read_text().replace("did 2", "did 2, well"))
    monkeypatch.setattr(places, "boot_id", lambda: OTHER)

    again = Memory.open(memory.path)
    again.commit("next")
    again.flush()

    assert again.read_main() == "# Roadmap\n"
    assert "did 2, well" in path.read_text()
    assert "human|edited by hand: main.md, commit.md" in git(memory.path, "log", "--format=%an|%s")
    check(memory.path)


def test_steps_that_were_history_before_the_power_cut_do_not_become_history_twice(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = memory.path / "branches/main/log.md"
    log.write_bytes((memory.path / "branches/main/log/0000/0002.md").read_bytes())
    monkeypatch.setattr(places, "boot_id", lambda: OTHER)
    monkeypatch.setattr(recording, "_kept", {})  # no process outlives the machine

    again = Memory.open(memory.path)
    again.commit("next")

    assert [step.observation for step in again.steps()] == ["saw 2", "saw 1", "saw 0"]
    assert not (memory.path / "branches/main/log/0000/0003.md").exists()


def test_files_that_outlived_their_commit_are_set_aside(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {
        "branches/main/log/0000/0003.md": (memory.path / "branches/main/log/0000/0002.md").read_bytes(),
        "branches/main/commit/0001.md": (memory.path / "branches/main/commit/0000.md").read_bytes(),
        "branches/main/log/0000/notes.md": b"mine",
    }
    for name, content in newer.items():
        (memory.path / name).write_bytes(content)
    monkeypatch.setattr(places, "boot_id", lambda: OTHER)

    again = Memory.open(memory.path)

    assert [step.observation for step in again.steps()] == ["saw 2", "saw 1", "saw 0"]
    assert [milestone.contribution for milestone in again.milestones()][:3] == ["did 2", "did 1", "did 0"]
    assert sorted(name for name in newer if (memory.path / name).exists()) == ["branches/main/log/0000/notes.md"]
    kept = {path.read_bytes() for path in (memory.path / ".git/onecontext/quarantine").iterdir()}
    assert {content for name, content in newer.items() if "notes" not in name} <= kept


def test_files_without_a_note_of_what_they_show_are_compared_as_well(memory: Memory) -> None:
    path = memory.path / "branches/main/log/0000/0003.md"
    path.write_bytes((memory.path / "branches/main/log/0000/0002.md").read_bytes())
    memory.layout.place("main").note().unlink()

    again = Memory.open(memory.path)

    assert len(again.steps()) == 3
    assert not path.exists()


def test_it_is_compared_once(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "boot_id", lambda: OTHER)
    Memory.open(memory.path).milestones()
    path = memory.path / "branches/main/commit/0000.md"
    path.write_bytes(b"")

    Memory.open(memory.path).milestones()

    assert path.read_bytes() == b""
