"""Blame where a branch's metadata are damaged: the others tell what they know, and what is missing is said."""

import os
import subprocess
from pathlib import Path

import pytest

from onecontext.api import Memory
from tests.support.coder import Coder, told
from tests.support.shell import Shell

BROKEN = [
    b"created: [\n",
    b"- a list\n",
    b"\xff\xfe\x00: : :\n",
    b"a: &a [*a, *b]\n",
    b'merged: ["../../x"]\ncreated: now\n',
]


@pytest.fixture
def coder(tmp_path: Path) -> Coder:
    return Coder(tmp_path / "project")


def put(memory: Memory, branch: str, path: str, content: bytes) -> None:
    """Have plain git commit ``content`` on a branch of the memory, as somebody by hand would."""
    memory.on(branch).flush()
    who = ["-c", "user.name=pat", "-c", "user.email=pat@localhost"]

    def git(*words: str, given: bytes = b"") -> str:
        env = os.environ | {"GIT_INDEX_FILE": str(memory.path.parent / "index-of-a-test")}
        command = ["git", "-C", str(memory.path), *who, *words]
        return subprocess.run(command, input=given, capture_output=True, check=True, env=env).stdout.decode().strip()

    blob = git("hash-object", "-w", "--stdin", given=content)
    git("read-tree", branch)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    commit = git("commit-tree", git("write-tree"), "-p", branch, "-m", "by hand")
    git("update-ref", f"refs/heads/{branch}", commit)


def broken(memory: Memory, branch: str, content: bytes = BROKEN[0], *, of: str | None = None) -> None:
    put(memory, branch, f"branches/{of or branch}/metadata.yaml", content)


@pytest.mark.parametrize("content", BROKEN)
def test_one_damaged_branch_does_not_keep_the_others_from_telling(coder: Coder, content: bytes) -> None:
    memory = coder.memory()
    aside = coder.memory("aside", agent="ben")
    one = coder.milestone(memory, "wrote one", coder.code("one\n"))
    two = coder.milestone(aside, "wrote two", coder.code("one\ntwo\n"))
    broken(memory, "aside", content)

    blame = memory.blame(coder.folder / "app.py")

    assert told(blame) == [one, two]
    assert blame.unread
    assert all("in the memory of the branch aside" in sentence for sentence in blame.unread)


def test_a_sound_memory_leaves_nothing_unread(coder: Coder) -> None:
    memory = coder.memory()
    coder.milestone(memory, "wrote one", coder.code("one\n"))

    assert memory.blame(coder.folder / "app.py").unread == ()


def test_what_only_the_damaged_file_could_tell_is_nobodys_and_no_guess(coder: Coder) -> None:
    coder.code("before the memory\n")
    memory = coder.memory()
    aside = coder.memory("aside", agent="ben")
    coder.code("before the memory\nunnamed\n")
    named = coder.milestone(aside, "names its commit", coder.code("before the memory\nunnamed\nnamed\n"))
    assert told(memory.blame(coder.folder / "app.py")) == [None, named, named]
    broken(memory, "aside")

    assert told(memory.blame(coder.folder / "app.py")) == [None, None, named]


def test_work_after_the_first_milestone_of_a_damaged_branch_is_still_told(coder: Coder) -> None:
    memory = coder.memory()
    aside = coder.memory("aside", agent="ben")
    first = coder.milestone(aside, "first", coder.code("one\n"))
    coder.code("one\nbetween\n")
    second = coder.milestone(aside, "second", coder.code("one\nbetween\ntwo\n"))
    broken(memory, "aside")

    assert told(memory.blame(coder.folder / "app.py")) == [first, second, second]


def test_a_merged_branch_whose_metadata_is_damaged_where_it_was_merged_is_said_once(coder: Coder) -> None:
    memory = coder.memory()
    aside = coder.memory("aside", agent="ben")
    one = coder.milestone(aside, "wrote one", coder.code("one\n"))
    memory.merge("aside")
    broken(memory, "main", of="aside")

    blame = memory.blame(coder.folder / "app.py", first=1, last=1)

    assert told(blame) == [one]
    assert len(blame.unread) == 1
    assert "in the memory of the branch main: branches/aside/metadata.yaml" in blame.unread[0]
    assert blame.known is not None


def test_the_command_says_what_it_could_not_read_and_still_answers(coder: Coder) -> None:
    memory = coder.memory()
    coder.memory("aside", agent="ben")
    one = coder.milestone(memory, "wrote one", coder.code("one\n"))
    broken(memory, "aside")

    run = Shell(coder.folder)

    answer = run("blame", "app.py")

    assert answer.code == 0
    assert one in answer.out
    assert (
        "milestones may be missing above: in the memory of the branch aside: branches/aside/metadata.yaml" in answer.err
    )
    assert len(run("blame", "app.py", "--json").data["unread"]) == 1
