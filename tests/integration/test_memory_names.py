"""One rule for names, at every place where one comes in; and types, wherever anything comes in."""

import argparse
import importlib
import inspect
import io
import shutil
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from onecontext.cli.commands import COMMANDS
from onecontext.cli.main import main
from onecontext.errors import Damaged, InvalidName, OneContextError, UsageError
from onecontext.memory.door import Door
from onecontext.store.trees import FILE_MODE, TREE_MODE
from tests.support.everything import furnished
from tests.support.memory import check, git

BAD = [
    *("", ".", "..", "../x", "a/b", "/etc", "a\\b", "..\\x", "~", "a..b", ".hidden", "a.", "a.lock"),
    *("-", "-rf", "--help", "-a", "a-", "_a", "HEAD", "Main", "MAIN", "@", "a@{1}", "main@{0}", "a~1", "a^", "a:b"),
    *("a b", " main", "main ", "main\n", "\nmain", "a\tb", "a\0b", "\x1b[31mred", "a\u202eb", "a\u200bb", "a\x7f"),
    *("é", "e\u0301", "ﬁx", "mаin", "٣", "Ⅷ", "ı", "\ud800", "a?b", "a*b", "a[b", "a|b", 'a"b', "$(x)", "`x`"),
    *("con", "nul", "aux.txt", "com1", "lpt9.log", "prn", "x" * 65, "x" * 5000),
]
# What each argument of text is. One that is not here is an error: say what it is.
NAMES = {"name", "branch", "source", "agent"}
REVISIONS = {"revision", "old", "new", "commit", "before", "conflict_id", "take", "durability", "layout", "begin"}
REVISIONS |= {"kind"}
FREE = {"path", "session", "purpose", "observation", "thought", "action", "contribution", "code_commit", "task"}
FREE |= {
    "mission",
    "pin",
    "fact",
    "summary",
    "text",
    "metadata",
    "directory",
    "query",
    "decision",
    "question",
    "supersedes",
    "for_",
    "over",
}
GOOD: dict[str, Any] = {
    "name": "fresh",
    "branch": "left",
    "source": "left",
    "agent": "ann",
    "revision": "v1",
    "old": "v1",
    "new": "v1",
    "conflict_id": "x-1",
    "take": "ours",
    "contribution": "c",
    "fact": "f",
    "text": "t",
    "path": "a.py",
    "directory": "/nowhere/at/all",
    "query": "till",
}
OPTIONS = {  # of the command line, by where argparse puts them
    **dict.fromkeys(("name", "branch", "source", "agent", "delete", "restore", "within", "by"), "name"),
    **dict.fromkeys(("revision", "old", "new", "commit", "before", "id"), "revision"),
}
OTHERS = {"help", "json", "path", "purpose", "observation", "thought", "action", "stdin", "contribution", "message"}
OTHERS |= {"code_commit", "task", "mission", "pin", "deleted", "create", "summary", "word", "ours", "theirs", "text"}
OTHERS |= {"all", "fact", "steps", "graph", "limit", "at", "budget", "log", "metadata", "k", "directory", "layout"}
OTHERS |= {"query", "since", "kind", "decision", "question", "supersedes", "diff", "for_", "file", "rev"}
OTHERS |= {"write", "over"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    furnished(folder, durability="none")
    return folder


def methods() -> Iterator[tuple[str, str, Any]]:
    """Yield each public method with each of its arguments: name, argument, annotation."""
    for name, value in inspect.getmembers(Memory, callable):
        if not name.startswith("_"):
            hints = value.__annotations__.items()
            yield from ((name, argument, hint) for argument, hint in hints if argument != "return")


def call(folder: Path, method: str, **given: Any) -> object:
    """Call a method with what is given, and something that would do for each other argument that it needs."""
    memory = Memory if method in ("init", "open") else Memory.open(folder)
    needed = inspect.signature(getattr(memory, method)).parameters.values()
    arguments = {one.name: GOOD[one.name] for one in needed if one.default is inspect.Parameter.empty}
    if method in ("init", "open"):
        arguments["path"] = folder
    return getattr(memory, method)(**{**arguments, **given})


def state(folder: Path) -> dict[str, object]:
    """Return every file, but for the empty ones that locks are."""
    paths = [path for path in folder.rglob("*") if path.is_file() and "locks" not in path.parts]
    return {str(path): path.read_bytes() for path in paths}


def test_each_argument_is_known_to_be_a_name_or_not() -> None:
    for method, argument, hint in methods():
        if str in (hint, *typing.get_args(hint)) or typing.get_origin(hint) is typing.Literal:
            assert argument in NAMES | REVISIONS | FREE, f"{method}({argument}): is it a name?"


@pytest.mark.parametrize(("method", "argument"), [(m, a) for m, a, _ in methods() if a in NAMES])
def test_no_bad_name_passes_a_method(template: Path, method: str, argument: str) -> None:
    before = state(template)

    for name in BAD:
        with pytest.raises(InvalidName) as raised:
            call(template, method, **{argument: name})
        assert raised.value.message.isprintable()
        assert len(raised.value.message) < 300

    assert state(template) == before


@pytest.mark.parametrize(("method", "argument"), [(m, a) for m, a, _ in methods() if a in REVISIONS])
def test_no_bad_name_is_taken_for_a_revision(template: Path, method: str, argument: str) -> None:
    before = state(template)

    for name in BAD:
        with pytest.raises(UsageError) as raised:
            call(template, method, **{argument: name})
        assert raised.value.message.isprintable()
        assert len(raised.value.message) < 300

    assert state(template) == before


def options() -> Iterator[tuple[str, argparse.Action]]:
    for word, command in COMMANDS.items():
        if command.group == "Memory":
            parser = argparse.ArgumentParser()
            importlib.import_module(command.module).add_arguments(parser)
            yield from ((word, action) for action in parser._actions)


def test_each_option_is_known_to_be_a_name_or_not() -> None:
    for word, action in options():
        assert action.dest in OPTIONS.keys() | OTHERS, f"onecontext {word} {action.dest}: is it a name?"


NEEDED = {
    "commit": ["c"],
    "step": ["--observation=o"],
    "merge": ["left"],
    "switch": ["aside"],
    "rollback": ["v1"],
    "conflicts": ["resolve", "x-1", "--ours"],
    "diff": ["v1"],
    "pin": ["f"],
    "unpin": ["prices"],
}


@pytest.mark.parametrize(("word", "action"), [(w, a) for w, a in options() if a.dest in OPTIONS], ids=str)
def test_no_bad_name_passes_a_command(template: Path, word: str, action: argparse.Action) -> None:
    before = state(template)

    for name in BAD:
        if action.option_strings:
            argv = [word, *NEEDED.get(word, []), f"{action.option_strings[0]}={name}"]
        elif action.dest == "id":
            argv = [word, "--ours", "--", "resolve", name]
        else:
            argv = [word, "--", *(["v1"] if word == "tag" and action.dest == "revision" else []), name]
        out, err = io.StringIO(), io.StringIO()
        code = main(argv, env={}, cwd=template, stdin=io.StringIO(), stdout=out, stderr=err)
        assert (argv, code) == (argv, 2), out.getvalue() + err.getvalue()
        assert err.getvalue().replace("\n", "").isprintable()
        assert "\x1b" not in err.getvalue()

    assert state(template) == before


def test_a_bad_agent_in_the_environment_is_refused(template: Path) -> None:
    for name in filter(None, BAD):
        env, streams = {"ONECONTEXT_AGENT": name}, [io.StringIO() for _ in range(3)]
        code = main(["step", "-o", "x"], env=env, cwd=template, stdin=streams[0], stdout=streams[1], stderr=streams[2])
        assert (name, code) == (name, 2)


def test_names_that_differ_only_in_case_or_accents_cannot_both_be_there(template: Path) -> None:
    for twins in (("left", "Left"), ("e", "é"), ("e", "e\u0301")):
        assert sum(not isinstance(_refusal(template, name), InvalidName) for name in twins) == 1


def _refusal(folder: Path, name: str) -> OneContextError | None:
    try:
        call(folder, "on", branch=name)
    except OneContextError as error:
        return error
    return None


@pytest.mark.parametrize("name", ["Upper", "-rf", "é", "con"])
def test_a_ref_made_by_hand_under_another_rule_is_no_branch(template: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(template, tmp_path / "copy")
    memory = Memory.open(tmp_path / "copy")
    (memory.path / f".git/refs/heads/{name}").write_text((memory.path / ".git/refs/heads/main").read_text())
    (memory.path / f".git/refs/tags/{name}").write_text((memory.path / ".git/refs/heads/main").read_text())

    assert name not in [branch.name for branch in memory.branches()]
    assert name not in [tag.name for tag in memory.tags()]
    for use in (memory.on, memory.switch, memory.merge, memory.show, lambda name: memory.context(branch=name)):
        with pytest.raises(UsageError):
            use(name)


@pytest.mark.parametrize("head", ["refs/heads/../../../x", "refs/heads/-rf", "refs/heads/a/b", "refs/tags/v1"])
def test_a_head_that_names_something_else_is_refused(template: Path, tmp_path: Path, head: str) -> None:
    shutil.copytree(template, tmp_path / "copy")
    (tmp_path / "copy/.onecontext/.git/HEAD").write_text(f"ref: {head}\n")

    with pytest.raises((Damaged, UsageError)):
        Memory.open(tmp_path / "copy")


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "."])
def test_a_branch_whose_tree_leads_out_of_the_memory_is_refused(template: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(template, tmp_path / "copy")
    memory = Memory.open(tmp_path / "copy")
    evil = _evil_commit(memory, name)
    (memory.path / ".git/refs/heads/evil").write_text(f"{evil}\n")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("config")}

    for use in (memory.switch, memory.merge, lambda name: memory.on(name).commit("x")):
        with pytest.raises(Damaged, match="cannot be a file of a memory"):
            use("evil")

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("config")} == before
    assert not (tmp_path / "copy/planted").exists()
    memory.commit("goes on")


def _evil_commit(memory: Memory, name: str) -> str:
    """Make a commit with a folder of that name in its tree, which git itself would refuse to make."""
    import pygit2

    repository = pygit2.Repository(str(memory.path / ".git"))
    blob = repository.create_blob(b"evil\n")
    folder = TREE_MODE + b" " + name.encode() + b"\0"
    inner = repository.write(pygit2.enums.ObjectType.TREE, FILE_MODE + b" planted\0" + bytes.fromhex(str(blob)))
    tip = repository.get(repository.lookup_reference("refs/heads/main").target)
    tree = repository.write(pygit2.enums.ObjectType.TREE, folder + bytes.fromhex(str(inner)) + tip.tree.read_raw())
    lines = [f"tree {tree}", f"parent {tip.id}", "author a <a@b> 1 +0000", "committer a <a@b> 1 +0000", "", "evil"]
    return str(repository.write(pygit2.enums.ObjectType.COMMIT, "\n".join(lines).encode() + b"\n"))


def by_hand(memory: Memory) -> None:
    who = ["-c", "user.name=h", "-c", "user.email=h@localhost"]
    git(memory.path, *who, "commit", "-q", "-m", "by hand", "branches/main/conflicts")


def test_a_conflict_written_by_hand_leads_nowhere(template: Path, tmp_path: Path) -> None:
    shutil.copytree(template, tmp_path / "copy")
    memory = Memory.open(tmp_path / "copy")
    kept = memory.conflicts()[0]
    document = next((memory.path / "branches/main/conflicts").iterdir())
    for path in ("../planted", ".git/planted", "branches/../../planted", "/planted"):
        document.write_text(document.read_text().replace(f"path: {kept.path}", f"path: {path}"))
        by_hand(memory)
        with pytest.raises(OneContextError):
            memory.resolve_conflict(kept.id, "text", text="evil")
        document.write_text(document.read_text().replace(f"path: {path}", f"path: {kept.path}"))
    by_hand(memory)
    assert not list(tmp_path.rglob("planted"))
    check(memory.path)


# --- types ------------------------------------------------------------------------------------------------------------

WRONG: list[Any] = [3, 1.5, b"main", bytearray(b"x"), [b"x"], {"a": 1}, ("x", 3), {"x"}, True, object(), str, None]


@pytest.mark.parametrize(("method", "argument", "hint"), list(methods()))
def test_an_argument_of_another_type_is_refused_in_a_sentence(
    template: Path, method: str, argument: str, hint: Any
) -> None:
    before = state(template)

    for value in WRONG:
        if _allowed(hint, value):
            continue
        with pytest.raises(UsageError) as raised:
            call(template, method, **{argument: value})
        assert raised.value.message.startswith(f"{argument} must be ")
        assert f"not {type(value).__name__}" in raised.value.message

    assert state(template) == before


def _allowed(hint: Any, value: Any) -> bool:
    options = typing.get_args(hint) or (hint,)
    if value is str:
        return any("Callable" in str(option) for option in options)
    return type(value) in options


def test_a_class_with_an_argument_that_cannot_be_checked_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="cannot be checked"):

        class Unchecked(Door):
            def method(self, argument: complex) -> None: ...


def test_the_door_is_not_seen(template: Path) -> None:
    signature = inspect.signature(Memory.commit)

    assert list(signature.parameters)[:3] == ["self", "contribution", "purpose"]
    assert Memory.show.__doc__ is not None
    assert Memory.show.__qualname__ == "Reader.show"
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        Memory.open(template).commit()  # type: ignore[call-arg]


def test_what_text_may_be_is_taken(template: Path, tmp_path: Path) -> None:
    class Text(str):
        __slots__ = ()

    shutil.copytree(template, tmp_path / "copy")
    memory = Memory.open(str(tmp_path / "copy"))

    assert memory.step(Text("seen")).observation == "seen"
    assert memory.commit("c", pin=["one", "two"]).contribution == "c"
    assert memory.commit("d", pin=("three",)).contribution == "d"
    assert memory.pinned()[-3:] == ["one", "two", "three"]
    assert len(memory.milestones(limit=10**30, at=datetime(9000, 1, 1, tzinfo=UTC))) > 2
