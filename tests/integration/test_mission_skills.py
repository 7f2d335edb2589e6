"""Skills in a mission: a worker reads one that its catalogue does not list, and runs its script in the sandbox."""

from pathlib import Path

import pytest

from skills.activation.trust import Trust
from skills.activation.trusted import trust_file
from tests.support.guard import bubblewrap_or_skip
from tests.support.missions import Ran, git, make_repository, onecontext, plan, verdict, write_script
from tests.support.skills import read_skill, skill_writer

PLAN = plan(
    [{"id": "VAL-A-001", "text": "a says yes", "command": "grep -qx yes a.txt"}],
    [{"key": "first", "subject": "Count the striped horses", "assertions": ["VAL-A-001"]}],
)
BODY = "In this copy: !`ls; touch written`\n\nRun scripts/say.py with what a.txt shall say. First: $0.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    bubblewrap_or_skip()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # commands run as somebody who owns nothing here
    write = skill_writer(tmp_path)
    for number in range(80):
        write(
            "home/.agents/skills", f"skill-{number:02}", f"name: skill-{number:02}\ndescription: {'Does it. ' * 30}\n"
        )
    folder = write("home/.agents/skills", "zebras", "name: zebras\ndescription: Counts striped horses.\n", BODY)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "say.py").write_text("import sys; open('a.txt', 'w').write(sys.argv[1] + '\\n')\n")
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def _env(repository: Path) -> dict[str, str]:
    return {"HOME": str(repository.parent / "home")}


def _run(repository: Path, turns: list[dict[str, object]]) -> Ran:
    worker = {"role": "worker", "task": "first", "turns": turns}
    script = write_script(repository.parent, [PLAN, worker, verdict()])
    return onecontext(repository, "run", "Count", "--model", script, "--json", env=_env(repository))


def _calls(*calls: tuple[str, dict[str, object]], expect: str | None = None) -> dict[str, object]:
    made: dict[str, object] = {"call": [{"tool": tool, "args": args} for tool, args in calls]}
    return made | ({"expect": expect} if expect else {})


def test_a_worker_finds_a_skill_for_its_task_and_runs_its_script(repository: Path) -> None:
    home = repository.parent / "home"
    skill, _ = read_skill(home / ".agents" / "skills" / "zebras")
    Trust(trust_file(_env(repository))).add(skill)
    script = skill.folder / "scripts" / "say.py"

    ran = _run(
        repository,
        [
            _calls(("skill", {"name": "zebras 'a b'"})),
            _calls(("run", {"command": f"python {script} yes; echo x > {script} || echo kept"}), expect="First: a b."),
            _calls(("finish", {"summary": "said yes", "claims": []}), expect="kept"),
        ],
    )

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    assert "written" not in git(repository, "ls-tree", "--name-only", ran.data["branch"])
    assert "sys.argv" in script.read_text()


def test_commands_of_a_skill_that_nobody_trusted_do_not_run_in_a_mission(repository: Path) -> None:
    ran = _run(
        repository,
        [
            _calls(("skill", {"name": "search: striped horses"})),
            _calls(("skill", {"name": "zebras"}), expect="- zebras: Counts striped horses."),
            _calls(("run", {"command": "echo yes > a.txt"}), expect="nobody here has trusted this skill"),
            _calls(("finish", {"summary": "said yes", "claims": []})),
        ],
    )

    assert ran.code == 0, ran.stderr


def test_a_mission_does_not_begin_without_a_skill_that_is_required(repository: Path) -> None:
    (repository / "onecontext.toml").write_text('[skills]\nrequired = ["zebras", "lions"]\n')

    ran = _run(repository, [_calls(("finish", {"summary": "x"}))])

    assert ran.code == 2
    assert "[skills] required requires the skill lions, which is not there" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_a_role_whose_skill_is_missing_is_said_and_its_task_refused(repository: Path) -> None:
    agents = repository / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "scribe.md").write_text("---\nname: scribe\ndescription: d\nskills: lions\n---\nWrite.\n")
    tasks = [{"key": "first", "subject": "x", "assertions": ["VAL-A-001"], "role": "scribe"}]
    asked = plan([{"id": "VAL-A-001", "text": "a says yes", "command": "grep -qx yes a.txt"}], tasks)
    script = write_script(repository.parent, [asked])

    ran = onecontext(repository, "run", "Count", "--model", script, "--json", env=_env(repository))

    assert ran.code != 0
    assert "role scribe cannot work: agent scribe requires the skill lions, which is not there" in ran.stderr
