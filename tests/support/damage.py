"""Ways in which the files of a memory get damaged, each by name."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from onecontext.memory import recording
from tests.support.memory import new_memory

Damage = Callable[[Path], None]
LOG = "branches/main/log.md"
META = "branches/main/metadata.yaml"
HISTORY = "branches/main/commit/0000.md"
STEPS = "branches/main/log/0000/0001.md"


def story(folder: Path) -> Path:
    """Make a memory with two branches, three milestones on one and one on the other, and pending steps on both."""
    memory = new_memory(folder)
    for n in range(3):
        memory.step(f"saw {n}", "thought", "did")
        memory.commit(f"milestone {n}")
        memory.flush()
    idea = memory.create_branch("idea", purpose="try it")
    idea.step("idea seen", "t", "a")
    idea.commit("idea milestone")
    idea.step("idea pending", "t", "a")
    memory.step("pending one", "t", "a")
    memory.step("pending two", "t", "a")
    idea.flush()
    path = memory.path
    # libgit2 keeps packs mapped while anybody has the repository open; a pack cut off under a map is a bus error.
    recording._kept.clear()
    del memory, idea
    return path


def truncated(name: str, keep: float = 0.5) -> Damage:
    def do(memory: Path) -> None:
        content = (memory / name).read_bytes()
        put(memory / name, content[: int(len(content) * keep)])

    return do


def nulled(name: str) -> Damage:
    return lambda memory: put(memory / name, b"\0" * (memory / name).stat().st_size)


def written(name: str, content: bytes) -> Damage:
    return lambda memory: put(memory / name, content)


def appended(name: str, content: bytes) -> Damage:
    return lambda memory: put(memory / name, (memory / name).read_bytes() + content)


def removed(name: str) -> Damage:
    return lambda memory: (memory / name).unlink()


def replaced_by(name: str, make: Callable[[Path], None]) -> Damage:
    def do(memory: Path) -> None:
        (memory / name).unlink()
        make(memory / name)

    return do


def flipped(name: str, word: bytes) -> Damage:
    def do(memory: Path) -> None:
        content = (memory / name).read_bytes()
        assert word in content
        at = content.index(word)
        put(memory / name, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])

    return do


def put(path: Path, content: bytes) -> None:
    """Write over a file as a disk would, whatever its mode: the inode stays."""
    if path.exists():
        path.chmod(0o644)
    path.write_bytes(content)


def pack_of(memory: Path, commit: str) -> str:
    """Return the name (without its ending) of the pack that holds an object."""
    for path in sorted((memory / ".git/objects/pack").glob("*.idx")):
        if bytes.fromhex(commit) in path.read_bytes():
            return path.relative_to(memory).as_posix().removesuffix(".idx")
    raise AssertionError(commit)


def tip_of(memory: Path, branch: str = "main") -> str:
    return (memory / f".git/refs/heads/{branch}").read_text().strip()


def pack_damage(ending: str, damage: Callable[[str], Damage]) -> Damage:
    return lambda memory: damage(pack_of(memory, tip_of(memory)) + ending)(memory)


def explode(memory: Path) -> None:
    """Make loose objects of all packs."""
    for pack in sorted((memory / ".git/objects/pack").glob("*.pack")):
        content = pack.read_bytes()
        pack.with_suffix(".idx").unlink()
        pack.unlink()
        subprocess.run(["git", "-C", str(memory), "unpack-objects", "-q"], input=content, check=True)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every name below a folder with its kind and, of a regular file, its content; nothing is followed."""
    found: dict[str, tuple[int, bytes]] = {}
    for top, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(top) / name
            mode = path.lstat().st_mode
            found[str(path)] = mode, path.read_bytes() if stat.S_ISREG(mode) else b""
    return found


def outside(memory: Path) -> Path:
    path = memory.parent / "elsewhere"
    path.write_text("secret of somebody else\n")
    return path


def linked_to_outside(name: str) -> Damage:
    return lambda memory: replaced_by(name, lambda path: path.symlink_to(outside(memory)))(memory)


def hard_linked(name: str) -> Damage:
    return lambda memory: os.link(memory / name, memory.parent / "second name")


def aged_lock(name: str) -> Damage:
    def do(memory: Path) -> None:
        (memory / name).touch()
        os.utime(memory / name, (1, 1))

    return do


# Each: what the doctor must name, with its line where one means something.
DAMAGES: dict[str, tuple[Damage, str]] = {
    "metadata truncated": (truncated(META), f"{META}:"),
    "metadata binary": (written(META, b"\x00\x01\xff\xfe" * 20), f"{META}:1"),
    "metadata not UTF-8": (appended(META, b"note: caf\xe9\n"), f"{META}:9"),
    "metadata not YAML": (appended(META, b"a: [\n"), f"{META}:"),
    "metadata a list": (written(META, b"- a\n- b\n"), f"{META}:1"),
    "metadata empty": (written(META, b""), META),
    "metadata missing": (removed(META), META),
    "metadata a FIFO": (replaced_by(META, os.mkfifo), META),
    "metadata a symlink": (linked_to_outside(META), META),
    "roadmap binary": (nulled("main.md"), "main.md:1"),
    "roadmap truncated": (truncated("main.md", 0.4), "main.md:"),
    "roadmap missing": (removed("main.md"), "main.md"),
    "roadmap hard linked": (hard_linked("main.md"), "main.md"),
    "roadmap a folder": (replaced_by("main.md", Path.mkdir), "main.md"),
    "format missing": (removed("format"), "format"),
    "format garbled": (written("format", b"\0\0"), "format:1"),
    "log torn": (truncated(LOG, 0.9), f"{LOG}:"),
    "log damaged in the middle": (flipped(LOG, b"pending one"), f"{LOG}:1"),
    "log with a note": (appended(LOG, b"remember the milk\n"), f"{LOG}:"),
    "log of NUL bytes": (nulled(LOG), f"{LOG}:1"),
    "log with NUL bytes at its end": (appended(LOG, b"\0" * 100), f"{LOG}:"),
    "log missing": (removed(LOG), LOG),
    "log a FIFO": (replaced_by(LOG, os.mkfifo), LOG),
    "log a symlink": (linked_to_outside(LOG), LOG),
    "log a folder": (replaced_by(LOG, Path.mkdir), LOG),
    "milestones missing": (removed(HISTORY), HISTORY),
    "milestones emptied": (written(HISTORY, b""), HISTORY),
    "milestones truncated": (truncated(HISTORY), f"{HISTORY}:"),
    "milestones of NUL bytes": (nulled(HISTORY), f"{HISTORY}:1"),
    "a milestone changed": (flipped(HISTORY, b"milestone 1"), f"{HISTORY}:"),
    "newest milestones missing": (removed("branches/main/commit.md"), "branches/main/commit.md"),
    "steps missing": (removed(STEPS), STEPS),
    "steps of NUL bytes": (nulled(STEPS), f"{STEPS}:1"),
    "steps a symlink": (linked_to_outside(STEPS), STEPS),
    "index missing": (removed(".git/index"), ".git/index"),
    "index truncated": (truncated(".git/index"), ".git/index"),
    "index of NUL bytes": (nulled(".git/index"), ".git/index"),
    "index locked long ago": (aged_lock(".git/index.lock"), ".git/index.lock"),
    "ref locked long ago": (aged_lock(".git/refs/heads/main.lock"), ".git/refs/heads/main.lock"),
    "HEAD missing": (removed(".git/HEAD"), ".git/HEAD"),
    "HEAD empty": (written(".git/HEAD", b""), ".git/HEAD"),
    "HEAD garbled": (written(".git/HEAD", b"\0" * 21), ".git/HEAD"),
    "HEAD truncated": (written(".git/HEAD", b"ref: refs/heads/ma"), ".git/HEAD"),
    "ref empty": (written(".git/refs/heads/main", b""), ".git/refs/heads/main"),
    "ref of NUL bytes": (nulled(".git/refs/heads/main"), ".git/refs/heads/main"),
    "ref missing": (removed(".git/refs/heads/main"), ".git/refs/heads/main"),
    "ref to nothing": (written(".git/refs/heads/main", b"1" * 40 + b"\n"), ".git/refs/heads/main"),
    "ref a symlink": (linked_to_outside(".git/refs/heads/main"), ".git/refs/heads/main"),
    "other ref empty": (written(".git/refs/heads/idea", b""), ".git/refs/heads/idea"),
    "pack missing": (pack_damage(".pack", removed), ".git/objects/pack/"),
    "pack truncated": (pack_damage(".pack", truncated), ".git/objects/pack/"),
    "pack of NUL bytes": (pack_damage(".pack", nulled), ".git/objects/pack/"),
    "pack index missing": (pack_damage(".idx", removed), ".git/objects/pack/"),
    "pack index truncated": (pack_damage(".idx", truncated), ".git/objects/pack/"),
    "pack index a FIFO": (pack_damage(".idx", lambda name: replaced_by(name, os.mkfifo)), ".git/objects/pack/"),
    "configuration missing": (removed(".git/config"), ".git/config"),
    "configuration of NUL bytes": (nulled(".git/config"), ".git/config"),
    "configuration a FIFO": (replaced_by(".git/config", os.mkfifo), ".git/config"),
    "note of what is shown garbled": (written(".git/onecontext-shown", b"main \0\0\0"), ".git/onecontext-shown"),
    "note of a switch garbled": (written(".git/onecontext/switching", b"ma\0"), ".git/onecontext/switching"),
    "durability garbled": (written(".git/onecontext/durability", b"st\n"), ".git/onecontext/durability"),
    "hint garbled": (written(".git/onecontext/packs/main", b"\xff\0 x\n"), ".git/onecontext/packs/main"),
    "pointer of a linked work tree garbled": (
        written(".git/worktrees/idea/gitdir", b""),
        ".git/worktrees/idea/gitdir",
    ),
    "linked metadata truncated": (
        truncated(".git/onecontext/worktrees/idea/branches/idea/metadata.yaml"),
        ".git/onecontext/worktrees/idea/branches/idea/metadata.yaml:",
    ),
    "linked log torn": (
        truncated(".git/onecontext/worktrees/idea/branches/idea/log.md", 0.7),
        ".git/onecontext/worktrees/idea/branches/idea/log.md:",
    ),
    "linked index missing": (removed(".git/worktrees/idea/index"), ".git/worktrees/idea/index"),
}
