"""Something else in place of a file or folder of the memory: never followed, never hung upon.

In the place of each is put, one at a time, a symlink (to a file, to a folder, dangling, to itself), a FIFO, a socket, a
device, a hard link to a file outside, or a folder for a file and the other way round. Then the memory is used.
With HYPOTHESIS_PROFILE=deep every method meets each of them first; else a fifth of the methods does, in turn.
"""

import os
import shutil
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import OneContextError
from tests.support.everything import METHODS, furnished
from tests.support.memory import check

SECRET = b"WHAT-LIES-OUTSIDE"
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
WAIT_S = 10.0
PRIVATE, LINKED = ".git/onecontext", ".git/onecontext/worktrees/left"
PLACES = [
    *("main.md", "format", "branches", "branches/main", "branches/main/log.md", "branches/main/commit.md"),
    *("branches/main/metadata.yaml", "branches/main/commit", "branches/main/commit/0000.md", "branches/main/log"),
    *("branches/main/log/0000", "branches/main/conflicts", "branches/clash", ".gitattributes"),
    *(".git", ".git/HEAD", ".git/config", ".git/packed-refs", ".git/index", ".git/info", ".git/onecontext-shown"),
    *(".git/refs", ".git/refs/heads", ".git/refs/heads/main", ".git/refs/tags", ".git/refs/tags/v1"),
    *(".git/refs/onecontext", ".git/refs/onecontext/deleted", ".git/refs/onecontext/deleted/gone", ".git/commondir"),
    *(".git/objects", ".git/objects/pack", ".git/objects/info/alternates", ".git/worktrees", ".git/worktrees/left"),
    *(".git/objects/info/commit-graph", ".git/objects/pack/multi-pack-index", ".git/objects/pack/pack-x.idx"),
    *(PRIVATE, f"{PRIVATE}/locks", f"{PRIVATE}/locks/branches", f"{PRIVATE}/locks/branches/main.lock"),
    *(f"{PRIVATE}/locks/head.lock", f"{PRIVATE}/scratch", f"{PRIVATE}/scratch/ref-main", f"{PRIVATE}/scratch/head"),
    *(f"{PRIVATE}/quarantine", f"{PRIVATE}/packs", f"{PRIVATE}/packs/main", f"{PRIVATE}/settled"),
    *(
        f"{PRIVATE}/ahead",
        f"{PRIVATE}/ahead/main",
        f"{PRIVATE}/durability",
        f"{PRIVATE}/switching",
        f"{PRIVATE}/worktrees",
        LINKED,
        f"{LINKED}/.git",
    ),
    *(f"{LINKED}/main.md", f"{LINKED}/branches", f"{LINKED}/branches/left", f"{LINKED}/branches/left/log.md"),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    furnished(folder, durability="none").flush()
    return folder / ".onecontext"


def outside_of(place: Path, outside: Path) -> Path:
    """Return a file or folder outside that could be taken for what was in that place, but for a secret."""
    outside.mkdir()
    target = outside / "target"
    if place.is_dir():
        shutil.copytree(place, target)
        for path in target.rglob("*.md"):
            path.write_bytes(path.read_bytes() + b"\n" + SECRET + b"\n")
    elif place.suffix in (".md", ".yaml"):
        target.write_bytes(place.read_bytes() + b"\n# " + SECRET + b"\n")
    else:
        target.write_bytes(place.read_bytes() if place.exists() else SECRET)
    return target


def symlink(place: Path, outside: Path) -> None:
    target = outside_of(place, outside)
    _take_away(place)
    place.symlink_to(target)


def symlink_to_a_secret(place: Path, outside: Path) -> None:
    outside.mkdir()
    (outside / "secret").write_bytes(SECRET)
    _take_away(place)
    place.symlink_to(outside / "secret")


def symlink_to_a_folder(place: Path, outside: Path) -> None:
    (outside / "folder").mkdir(parents=True)
    _take_away(place)
    place.symlink_to(outside / "folder")


def dangling(place: Path, outside: Path) -> None:
    outside.mkdir()
    _take_away(place)
    place.symlink_to(outside / "nothing")


def loop(place: Path, outside: Path) -> None:
    outside.mkdir()
    _take_away(place)
    place.symlink_to(place.name)


def fifo(place: Path, outside: Path) -> None:
    outside.mkdir()
    _take_away(place)
    os.mkfifo(place)


def a_socket(place: Path, outside: Path) -> None:
    outside.mkdir()
    _take_away(place)
    here = Path.cwd()
    os.chdir(place.parent)  # the address of a socket has room for 100 characters
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(place.name)
    finally:
        os.chdir(here)


def device(place: Path, outside: Path) -> None:
    outside.mkdir()
    _take_away(place)
    try:
        os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def hard_link(place: Path, outside: Path) -> None:
    if not place.is_file():
        pytest.skip("there are no hard links to folders")
    outside.mkdir()
    shutil.copy(place, outside / "target")
    _take_away(place)
    os.link(outside / "target", place)


def another_kind(place: Path, outside: Path) -> None:
    outside.mkdir()
    was_file = not place.is_dir()
    _take_away(place)
    if was_file:
        place.mkdir()
        (place / "x").write_text("x")
    else:
        place.write_text("x")


def _take_away(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)


KINDS: list[Callable[[Path, Path], None]] = [
    *(symlink, symlink_to_a_secret, symlink_to_a_folder, dangling, loop),
    *(fifo, a_socket, device, hard_link, another_kind),
]


class Hung(BaseException):
    """It waited for something that will never come."""


@contextmanager
def watched() -> Iterator[None]:
    """Raise Hung in the block when it takes too long, and leave pytest's own alarm as it was."""

    def bark(*_: object) -> None:
        raise Hung

    handler = signal.signal(signal.SIGALRM, bark)
    left = signal.setitimer(signal.ITIMER_REAL, WAIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, handler)


def fingerprint(outside: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in [outside, *outside.rglob("*")]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
    return found


def use(memory: Path, method: str) -> str:
    """Do one thing, and return what it says."""
    try:
        return repr(METHODS[method](Memory.open(memory)))
    except OneContextError as error:
        return f"{error.message} {error.hint}"


def copy_of(template: Path, tmp_path: Path, number: int) -> Path:
    folder = tmp_path / str(number) / ".onecontext"
    shutil.copytree(template, folder, symlinks=True)
    return folder


@pytest.mark.parametrize("plant", KINDS)
@pytest.mark.parametrize("name", PLACES)
def test_what_was_planted_is_not_followed(
    template: Path, tmp_path: Path, name: str, plant: Callable[[Path, Path], None]
) -> None:
    turn = PLACES.index(name) + KINDS.index(plant)
    methods = list(METHODS) if DEEP else [method for n, method in enumerate(METHODS) if (n + turn) % 5 == 0]
    outside, number = tmp_path / "outside", 0
    memory = copy_of(template, tmp_path, number)
    plant(memory / name, outside)
    before = fingerprint(outside)

    for method in methods:
        with watched():
            said = use(memory, method)

        assert fingerprint(outside) == before, f"{method} wrote outside"
        assert SECRET.decode() not in said, f"{method} told what lies outside"
        inside = [path for path in memory.rglob("*") if path.is_file() and not path.is_symlink()]
        assert not any(SECRET in path.read_bytes() for path in inside), f"{method} took in what lies outside"
        if DEEP:
            shutil.rmtree(outside)
            number += 1
            memory = copy_of(template, tmp_path, number)
            plant(memory / name, outside)
            before = fingerprint(outside)


def test_every_place_is_there_or_could_be(template: Path) -> None:
    could_be = {
        "commondir",
        "alternates",
        "commit-graph",
        "multi-pack-index",
        "pack-x.idx",
        "packed-refs",
        "switching",
        "main",
    }
    could_be |= {".gitattributes", "ref-main", "ahead", "head", "quarantine", "durability"}

    for name in PLACES:
        assert (template / name).exists() or Path(name).name in could_be, name


def test_a_log_with_another_name_is_copied_before_a_step_is_added(template: Path, tmp_path: Path) -> None:
    memory = Memory.open(copy_of(template, tmp_path, 0))
    log = memory.path / "branches/main/log.md"
    os.link(log, tmp_path / "snapshot")
    before = (tmp_path / "snapshot").read_bytes()

    memory.step("after the snapshot")
    memory.step("and another")

    assert (tmp_path / "snapshot").read_bytes() == before
    assert [step.observation for step in memory.steps(limit=3)] == ["and another", "after the snapshot", "pending here"]
    assert log.stat().st_nlink == 1


def test_a_torn_log_with_another_name_is_cut_in_a_copy(template: Path, tmp_path: Path) -> None:
    memory = Memory.open(copy_of(template, tmp_path, 0))
    log = memory.path / "branches/main/log.md"
    with log.open("ab") as file:
        file.write(b"<!-- oc1 torn")
    os.link(log, tmp_path / "snapshot")
    before = (tmp_path / "snapshot").read_bytes()

    memory.step("after")

    assert (tmp_path / "snapshot").read_bytes() == before
    assert memory.steps(limit=1)[0].observation == "after"
    assert [path.read_bytes() for path in (memory.path / f"{PRIVATE}/quarantine").iterdir()] == [b"<!-- oc1 torn"]


def test_a_handle_that_is_open_does_not_follow_what_is_planted_later(template: Path, tmp_path: Path) -> None:
    for number, name in enumerate((PRIVATE, f"{PRIVATE}/locks", "branches", "branches/main", "branches/main/log.md")):
        memory = Memory.open(copy_of(template, tmp_path, number))
        memory.step("before")
        outside = tmp_path / f"outside{number}"
        symlink(memory.path / name, outside)
        before = fingerprint(outside)

        for method in ("step", "commit", "steps", "read_main"):
            with watched(), suppress(OneContextError):
                METHODS[method](memory)
            assert (name, method, fingerprint(outside)) == (name, method, before)


def test_init_does_not_follow_a_symlink_that_came_with_the_repository(tmp_path: Path) -> None:
    for target in (tmp_path / "outside", tmp_path / "nothing"):
        (tmp_path / "outside").mkdir(exist_ok=True)
        (tmp_path / "repo").mkdir(exist_ok=True)
        (tmp_path / "repo/.onecontext").symlink_to(target)

        with pytest.raises(OneContextError, match="symlink"):
            Memory.init(tmp_path / "repo")

        assert list((tmp_path / "outside").iterdir()) == []
        assert not (tmp_path / "nothing").exists()
        (tmp_path / "repo/.onecontext").unlink()


def test_init_does_not_make_its_repository_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / ".onecontext").mkdir()
    (tmp_path / ".onecontext/.making.tmp").symlink_to(tmp_path / "outside")
    before = fingerprint(tmp_path / "outside")

    with pytest.raises(OneContextError):
        Memory.init(tmp_path)

    assert fingerprint(tmp_path / "outside") == before


def test_a_memory_may_be_a_symlink_that_its_owner_made(template: Path, tmp_path: Path) -> None:
    memory = copy_of(template, tmp_path, 0)
    (tmp_path / "work").mkdir()
    (tmp_path / "work/.onecontext").symlink_to(memory)

    opened = Memory.open(tmp_path / "work")
    opened.commit("through the link")

    assert opened.path == memory
    assert Memory.init(tmp_path / "work").path == memory
    check(memory)
