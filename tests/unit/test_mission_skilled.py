"""What agents of a mission have of skills: fitting their task, as they are now, run only in their sandbox."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import UnknownSkill, UsageError
from onecontext.text.tokens import default_counter
from skills.activation.trust import Trust
from skills.finding.live import LiveSkills
from skills.finding.places import Search
from skills.format.skill import Skill
from teams.guard.port import CommandResult
from teams.mission.config import SkillsConfig
from teams.mission.skilled import Skilled, lacking
from tests.support.skills import Write, skill_writer

PLACE = "project/.agents/skills"


class Box:
    """A sandbox that runs nothing, and keeps what it was to run."""

    def __init__(self, tier: str = "bubblewrap") -> None:
        self.tier = tier
        self.asked: list[dict[str, Any]] = []

    def run(self, argv: Sequence[str], **how: Any) -> CommandResult:
        self.asked.append({"argv": list(argv), **how})
        return CommandResult(tuple(argv), 0, "printed", 0, 0.0)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


@pytest.fixture
def skilled(tmp_path: Path) -> Callable[..., Skilled]:
    def make(**config: Any) -> Skilled:
        (tmp_path / "project").mkdir(exist_ok=True)
        search = Search(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none")
        trust = Trust(tmp_path / "own" / "trusted-skills.json")
        return Skilled(LiveSkills(search, every_s=0), SkillsConfig(**config), trust)

    return make


def test_the_lines_fit_the_task_and_the_budget(write: Write, skilled: Callable[..., Skilled]) -> None:
    for number in range(60):
        write(PLACE, f"skill-{number:02}", f"name: skill-{number:02}\ndescription: {'Does it well. ' * 20}\n")
    write(PLACE, "zebras", "name: zebras\ndescription: Counts striped horses.\n")
    mission = skilled(catalogue_tokens=150)

    listed = mission.catalogue("Task 1: how many striped horses are there?")

    assert "- zebras: Counts striped horses." in listed
    assert "zebras" not in mission.catalogue("")
    assert default_counter().count(listed) <= 150
    assert 'more: skill("search: a few words") finds them' in listed


def test_without_skills_there_is_no_tool_and_no_line_until_there_is_one(
    write: Write, skilled: Callable[..., Skilled], tmp_path: Path
) -> None:
    mission = skilled()
    assert mission.tool(Box(), tmp_path) is None
    assert mission.catalogue("anything") == ""

    folder = write(PLACE, "late")
    tool = mission.tool(Box(), tmp_path)

    assert tool is not None
    assert tool("late") == "Do it."
    (folder / "SKILL.md").write_text("---\nname: late\ndescription: d\n---\nDo it better.\n")
    write(PLACE, "later")
    assert tool("late") == "Do it better."
    assert tool("later") == "Do it."
    assert "- later:" in mission.catalogue("x")


def test_what_the_project_requires_is_there_or_nothing_begins(write: Write, skilled: Callable[..., Skilled]) -> None:
    for name in ("a", "b", "c"):
        write(PLACE, name, f"name: {name}\ndescription: {'Does it well. ' * 20}\n")

    assert "- c: " in skilled(required=["c"], catalogue_tokens=60).catalogue("")
    with pytest.raises(UnknownSkill, match=r"\[skills\] required requires the skill d, which is not there"):
        skilled(required=["d"])
    with pytest.raises(UsageError, match="the required skills a, b do not fit into 20 tokens"):
        skilled(required=["a", "b"], catalogue_tokens=20)


def test_a_skill_that_only_a_person_opens_is_not_for_agents(write: Write, skilled: Callable[..., Skilled]) -> None:
    write(PLACE, "deploy", "name: deploy\ndescription: d\ndisable-model-invocation: true\n")
    write(PLACE, "other", "name: other\ndescription: d\ndisable-model-invocation: false\n")

    listed = skilled().catalogue("deploy")

    assert "deploy" not in listed
    assert "- other: d" in listed


def test_commands_of_a_trusted_skill_run_in_the_agents_own_copy_which_they_cannot_write(
    write: Write, skilled: Callable[..., Skilled], tmp_path: Path
) -> None:
    folder, box = write(PLACE, "a", body="!`git log`\n"), Box()
    mission = skilled()
    tool = mission.tool(box, tmp_path / "copy")
    assert tool is not None
    assert "nobody here has trusted this skill" in tool("a")
    assert box.asked == []

    Trust(tmp_path / "own" / "trusted-skills.json").add(Skill("a", "d", folder))

    assert "$ git log\nprinted" in tool("a now")
    asked: Mapping[str, Any] = box.asked[0]
    assert asked["argv"] == ["bash", "-c", "git log", "now"]
    assert (asked["workspace"], asked["writable"], asked["timeout_s"]) == (tmp_path / "copy", False, 30.0)
    unconfined = mission.tool(Box("none"), tmp_path)
    assert unconfined is not None
    assert "there is no sandbox here" in unconfined("a")


def test_commands_may_read_the_folders_of_skills_and_nothing_that_a_link_names(
    write: Write, skilled: Callable[..., Skilled], tmp_path: Path
) -> None:
    write(PLACE, "a")
    write("home/.claude/skills", "b")
    write("home/secrets", "c")
    (tmp_path / "project" / ".claude").mkdir()
    (tmp_path / "project" / ".claude" / "skills").symlink_to(tmp_path / "home" / "secrets")

    folders = skilled().folders(tmp_path / "project", tmp_path / "home")

    assert folders == [tmp_path / PLACE, tmp_path / "home" / ".claude" / "skills"]


def test_what_a_skill_expects_and_its_reader_lacks_is_said() -> None:
    skill = Skill("a", "d", Path("/x"), allowed_tools=("Bash(git:*)", "Read", "WebFetch", "mcp__x__y", "Skill"))

    assert lacking(skill, ["run", "read_file"]) == (
        "[this skill expects tools that you do not have: WebFetch (there is no network), mcp__x__y]"
    )
    assert lacking(skill, ["run"]).startswith("[this skill expects tools that you do not have: Read, WebFetch")
    assert lacking(Skill("a", "d", Path("/x")), ["run"]) == ""
