"""Tags stay where they are, and mean their commit wherever a revision is understood."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import BranchExists, InvalidName, TagExists, UnknownTag
from tests.support.memory import check, git, new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.commit("one")
    memory.commit("two")
    return memory


def test_a_tag_stays_where_it_is_and_is_a_tag_of_git(memory: Memory) -> None:
    two, one = memory.milestones()

    first = memory.tag("v1", one.id)
    newest = memory.tag("v2")
    memory.commit("three")

    assert memory.tags() == [first, newest]
    assert (first.record, newest.record, newest.subject) == (one.id, two.id, "two")
    assert git(memory.path, "tag", "--list").split() == ["v1", "v2"]
    assert git(memory.path, "rev-parse", "v1").strip() == first.commit == memory.show(one.id).commit
    check(memory.path)


def test_it_is_a_revision_everywhere(memory: Memory) -> None:
    two, one = memory.milestones()
    memory.tag("v1", one.id)

    assert memory.show("v1") == one
    assert "two" in memory.diff("v1", "main")
    assert memory.tag("copy", "v1").record == one.id
    assert one.id in memory.context(commit="v1").text
    assert memory.rollback("v1").target == memory.show(one.id).commit
    assert memory.show(two.id) == two


def test_a_tag_on_a_commit_without_a_milestone_shows_the_newest_one_there(memory: Memory) -> None:
    one = memory.milestones()[1]
    memory.rollback(one.id)
    memory.tag("back")
    memory.commit("three")

    assert memory.show("back") == one
    assert memory.tags()[0].record is None


def test_one_that_git_made_is_read_too_and_one_on_a_file_is_no_tag(memory: Memory) -> None:
    git(memory.path, "-c", "user.name=p", "-c", "user.email=p@x", "tag", "-a", "-m", "words", "v1", "main~1")
    git(memory.path, "tag", "odd", "main:main.md")

    assert [tag.name for tag in memory.tags()] == ["v1"]
    assert memory.show("v1").contribution == "one"
    assert memory.show("main").contribution == "two"
    git(memory.path, "pack-refs", "--all")
    assert memory.show("v1").contribution == "one"
    assert memory.delete_tag("v1").record == memory.milestones()[1].id
    assert git(memory.path, "tag", "--list").split() == ["odd"]
    git(memory.path, "fsck", "--strict")


def test_a_tag_does_not_move_and_takes_no_name_of_a_branch(memory: Memory) -> None:
    one = memory.milestones()[1].id
    memory.tag("v1", one)

    assert memory.tag("v1", one).record == one
    with pytest.raises(TagExists):
        memory.tag("v1", "main")
    with pytest.raises(TagExists):
        memory.tag("main", one)
    with pytest.raises(BranchExists):
        memory.create_branch("v1")
    assert memory.show("v1").id == one


@pytest.mark.parametrize(
    "name", ["", "HEAD", "-rf", "../x", "a/b", "a..b", "x.lock", "con", "é", "a b", "a\n", "x" * 65]
)
def test_a_bad_name_is_refused_everywhere(memory: Memory, name: str) -> None:
    with pytest.raises(InvalidName):
        memory.tag(name)
    with pytest.raises(InvalidName):
        memory.delete_tag(name)
    assert git(memory.path, "for-each-ref", "refs/tags") == ""


def test_taking_a_tag_away_leaves_the_commit(memory: Memory) -> None:
    tip = git(memory.path, "rev-parse", "main").strip()
    memory.tag("v1")

    gone = memory.delete_tag("v1")

    assert gone.commit == tip
    assert memory.tags() == []
    assert git(memory.path, "for-each-ref", "refs/onecontext") == ""
    with pytest.raises(UnknownTag):
        memory.delete_tag("v1")


def test_what_only_a_tag_names_is_kept_when_it_goes(memory: Memory) -> None:
    tip = git(memory.path, "rev-parse", "main").strip()
    two = memory.milestones()[0]
    memory.tag("v1")
    git(memory.path, "update-ref", "refs/heads/main", "main~1")

    memory.delete_tag("v1")
    git(memory.path, "gc", "-q", "--prune=now")

    assert git(memory.path, "for-each-ref", "--format=%(objectname)", "refs/onecontext").split() == [tip]
    assert memory.show(two.id) == two
