"""Everything that can be done with a memory, once each, for tests about what must hold whatever is done.

A new public method of ``Memory`` or a new command must be added here: ``test_memory_surroundings.py`` sees to it.
"""

import io
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from onecontext import Memory
from onecontext.cli.main import main
from onecontext.errors import NoRepository, UsageError
from onecontext.recall.blame import Blame

AT = "2026-01-02"
OUTSIDE = tempfile.TemporaryDirectory(prefix="onecontext-exported-")  # goes at the end of the process


def furnished(folder: Path, durability: str | None = None) -> Memory:
    """Make a memory in which everything below can be done: branches, one of them deleted, a tag, pins, a conflict."""
    memory = Memory.init(folder, purpose="a till", agent="ann", durability=durability)
    memory.step("saw floats", "they round", "use decimals")
    memory.commit("first", pin="prices have no tax in them")
    memory.tag("v1")
    memory.create_branch("left", purpose="to be merged").commit("left it")
    memory.create_branch("gone").commit("to be deleted")
    memory.delete_branch("gone")
    clash = memory.create_branch("clash")
    clash.write_main("# Roadmap\n\n## Goal\n\ntheirs\n")
    memory.write_main("# Roadmap\n\n## Goal\n\nours\n")
    assert memory.merge("clash").conflicts
    memory.create_branch("aside").step("pending aside")
    memory.step("pending here")
    return memory


def exported(memory: Memory) -> str:
    """Export to a folder of its own, outside of everything, and return it."""
    folder = tempfile.mkdtemp(dir=OUTSIDE.name)
    memory.export(folder)
    return folder


def blamed(memory: Memory) -> Blame | None:
    """Ask about a file that some surroundings have committed; None where there is none."""
    try:
        return memory.blame(memory.path.parent / "kept.py")
    except (NoRepository, UsageError):
        return None


# By the name of the method. Each is given a handle on ``main`` of such a memory, and works once on it.
METHODS: dict[str, Callable[[Memory], object]] = {
    "init": lambda memory: Memory.init(memory.path.parent),
    "open": lambda memory: Memory.open(memory.path.parent),
    "on": lambda memory: memory.on("left"),
    "branches": lambda memory: memory.branches(),
    "deleted_branches": lambda memory: memory.deleted_branches(),
    "tags": lambda memory: memory.tags(),
    "pinned": lambda memory: memory.pinned(),
    "conflicts": lambda memory: memory.conflicts(resolved=True),
    "milestones": lambda memory: memory.milestones(),
    "steps": lambda memory: memory.steps(),
    "show": lambda memory: memory.show("v1"),
    "diff": lambda memory: memory.diff("left", "main"),
    "graph": lambda memory: memory.graph(),
    "context": lambda memory: (memory.context(), memory.context(branch="left"), memory.context(log=True)),
    "blame": lambda memory: blamed(memory),
    "search": lambda memory: (memory.search("a till"), memory.search("decimals", branch="left", budget=100)),
    "read_main": lambda memory: memory.read_main(),
    "step": lambda memory: memory.step("o", "t", "a"),
    "commit": lambda memory: memory.commit("c", purpose="p", pin="f"),
    "flush": lambda memory: (memory.commit("on record"), memory.flush()),
    "pin": lambda memory: memory.pin("another fact"),
    "unpin": lambda memory: memory.unpin("prices"),
    "write_main": lambda memory: memory.write_main("# R\n"),
    "create_branch": lambda memory: memory.create_branch("new"),
    "merge": lambda memory: memory.merge("left"),
    "resolve_conflict": lambda memory: memory.resolve_conflict(memory.conflicts()[0].id, "theirs"),
    "rollback": lambda memory: memory.rollback("v1"),
    "tag": lambda memory: memory.tag("v2"),
    "delete_tag": lambda memory: memory.delete_tag("v1"),
    "delete_branch": lambda memory: memory.delete_branch("left"),
    "restore_branch": lambda memory: memory.restore_branch("gone"),
    "switch": lambda memory: memory.switch("aside"),
    "export": lambda memory: exported(memory),
    "import_from": lambda memory: memory.import_from(exported(memory)),
}

# In an order in which each works, from ``init`` on. ``CONFLICT`` stands for the id of the open conflict.
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("init", "-p", "a till"),
    ("step", "-o", "o", "-t", "t", "-a", "a"),
    ("commit", "first", "--pin", "a fact"),
    ("branch", "cli"),
    ("branch", "brief"),
    ("commit", "there", "--branch", "cli"),
    ("branch", "--delete", "brief"),
    ("branch", "--restore", "brief"),
    ("branch", "--deleted"),
    ("branch",),
    ("merge", "cli"),
    ("conflicts",),
    ("conflicts", "resolve", "CONFLICT", "--ours"),
    ("tag", "one"),
    ("rollback", "one"),
    ("tag", "--delete", "one"),
    ("tag",),
    ("pin", "another fact"),
    ("unpin", "another"),
    ("pin",),
    ("step", "-o", "pending"),
    ("log",),
    ("log", "--steps"),
    ("log", "--graph"),
    ("context", "--budget", "200"),
    ("search", "till", "--k", "3"),
    ("show",),
    ("roadmap", "--write", "# Two\n"),
    ("roadmap",),
    ("diff", "cli"),
    ("blame", "kept.py"),
    ("ctx", "list"),
    ("switch", "cli"),
    ("export", f"{OUTSIDE.name}/commands"),
    ("import", f"{OUTSIDE.name}/commands"),
    ("doctor",),
)


def run_all(folder: Path) -> None:
    """Do everything in ``folder``, by the API and then by the command line, in this process's own environment."""
    memory = furnished(folder)
    for operation in METHODS.values():
        operation(memory)
    memory.switch("main")
    conflict_at(memory)
    for command in COMMANDS:
        run_command(command, folder, os.environ)


def conflict_at(memory: Memory) -> None:
    """Have an open conflict on the current branch."""
    other = memory.create_branch("clash2")
    other.write_main("# Two\n\ntheirs\n")
    memory.write_main("# Two\n\nours\n")
    assert memory.merge("clash2").conflicts


def run_command(command: tuple[str, ...], folder: Path, env: Mapping[str, str]) -> None:
    """Run one command line in ``folder``; it must work."""
    words = [Memory.open(folder).conflicts()[0].id if word == "CONFLICT" else word for word in command]
    out, err = io.StringIO(), io.StringIO()
    code = main(words, env=env, cwd=folder, stdin=io.StringIO(), stdout=out, stderr=err)
    # There may be no code that was committed, as in a plain folder.
    fine = code == 0 or command == ("doctor",) or (command[0] == "blame" and code in (2, 3))
    assert fine, f"{words}: {out.getvalue()}{err.getvalue()}"
