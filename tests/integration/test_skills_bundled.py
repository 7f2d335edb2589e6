"""The bundled skills teach commands: each of them is run here, in the order it is taught, in a real repository."""

import re
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest

from onecontext.text.tokens import default_counter
from skills.activation.activate import activate
from skills.activation.files import read_skill_file
from skills.catalogue.fitting import catalogue
from skills.finding.discover import BUNDLED, find_skills
from skills.format.strict import validate
from skills.search.index import SkillIndex
from teams.protocol.team import Team
from tests.support.lessons import BILL_FILES, REPORT_FILES, ROWS, ROWS_MENDED, SHARES, SHARES_MENDED, bundled
from tests.support.missions import git, make_repository, onecontext
from tests.support.taught import carry_out, commands

NAMES = ("debug-by-hypotheses", "onecontext-memory", "onecontext-team", "review-to-tests", "writing-skills")
LINE_TOKENS, BODY_TOKENS = 30, 900


def body(name: str) -> str:
    return activate(bundled(name))


def done(ran: "subprocess.CompletedProcess[str]") -> None:
    assert ran.returncode == 0, f"{ran.stderr}\n{ran.stdout[-3000:]}"


def test_these_are_bundled_and_each_says_what_and_when_in_a_line() -> None:
    found = find_skills(BUNDLED / "nowhere", None)

    assert tuple(skill.name for skill in found.skills) == NAMES
    for skill in found.skills:
        line = catalogue([skill], budget=None, counter=default_counter(), form="markdown")
        assert line.tokens <= LINE_TOKENS, (skill.name, line.tokens)
        assert "Use " in skill.description, skill.name


@pytest.mark.parametrize("name", NAMES)
def test_its_body_is_short_and_names_every_file_that_it_has(name: str) -> None:
    skill = bundled(name)
    text = activate(skill)

    assert default_counter().count(text) <= BODY_TOKENS
    for path in (skill.folder / "references").glob("*.md"):
        own = text.partition("\n\nFiles of this skill:")[0]
        assert f"references/{path.name}" in own, "the body must say when it is read"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("onecontext-memory", "what did we decide about this earlier"),
        ("onecontext-memory", "remember it for the next session"),
        ("onecontext-memory", "has somebody tried this before"),
        ("onecontext-team", "take a task from the board"),
        ("onecontext-team", "write a message to a colleague"),
        ("onecontext-team", "hand my work over for review"),
        ("review-to-tests", "review this pull request"),
        ("review-to-tests", "look for bugs in this change"),
        ("review-to-tests", "write a failing test for a finding"),
        ("debug-by-hypotheses", "why is this test flaky"),
        ("debug-by-hypotheses", "find the root cause of a crash"),
        ("debug-by-hypotheses", "my first fix did not help"),
        ("writing-skills", "make a new skill for this project"),
        ("writing-skills", "my SKILL.md is too long"),
    ],
)
def test_each_is_found_first_by_who_does_not_know_its_name(name: str, asked: str) -> None:
    index = SkillIndex(find_skills(BUNDLED / "nowhere", None).skills)

    assert [hit.skill.name for hit in index.search(asked, 1)] == [name]


# --- memory -----------------------------------------------------------------------------------------------------------


def test_memory_is_taught_with_every_command_of_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"cart.py": "total = 0.1 + 0.2\n"})
    skill = bundled("onecontext-memory")
    text = f"```sh\nonecontext init\n```\n{activate(skill)}\n{read_skill_file(skill, 'references/more.md')}"
    log = "seq 3000 > big.log; echo 'error: no paper' >> big.log"

    ran = carry_out(text, repository, after={"onecontext blame": log}, tools=tmp_path / "tools")

    done(ran)
    assert len(commands(text)) >= 25
    assert "error: no paper" in ran.stdout
    assert "Never floats for money" in onecontext(repository, "context").stdout
    assert "Prices come without tax" not in onecontext(repository, "context").stdout
    for verb in ("init", "step", "commit", "branch", "switch", "merge", "log", "context", "show", "diff"):
        assert f"onecontext {verb}" in text


# --- team -------------------------------------------------------------------------------------------------------------


def test_a_team_is_joined_worked_in_and_left_by_the_shell(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"till.py": "\n"})
    team = Team.create("crew", root=repository / ".claude", cwd=repository)
    team.board.create("Split a bill", "Shares add up to it.", key="split")
    judge = "onecontext team join crew --name val --role validator --by-hand"
    answered = "onecontext task answer 1 'without tax' --as team-lead"
    again = "onecontext task next && onecontext task submit 1 && onecontext task inspect 1 --as val && "
    again += "onecontext task complete 1 --as val"

    ran = carry_out(
        body("onecontext-team"),
        repository,
        after={"onecontext task ask": answered, "onecontext task submit": judge, "onecontext task reject": again},
        tools=tmp_path / "tools",
    )

    done(ran)
    assert [member.name for member in team.members] == ["team-lead", "val"]
    types = [(event.type, event.agent) for event in team.journal.read() if event.type.startswith("task.")]
    assert ("task.claimed", "ann") in types, types
    assert team.board.get("1").state == "done"
    texts = [message.text for message in team.receive("team-lead")]
    assert texts[:2] == ["Which till do you mean?", "I take the receipts; who has the printer?"]


# --- a review whose findings are tests --------------------------------------------------------------------------------


def test_a_finding_becomes_a_test_that_is_red_then_green_in_git(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", BILL_FILES)
    (repository / "README.md").write_text("Bills. The shares of a bill add up to it.\n")
    git(repository, "commit", "--quiet", "--all", "--message=docs")
    mended = f"sed -i {quote(f's/{re.escape(SHARES)}/{SHARES_MENDED}/')} till/bill.py"

    ran = carry_out(
        body("review-to-tests"), repository, after={"git commit --quiet --message": mended}, tools=tmp_path / "tools"
    )

    done(ran)
    green, red, *_ = git(repository, "log", "--format=%H").splitlines()
    assert git(repository, "diff", "--name-only", f"{red}~1", red) == "tests/test_split_loses_no_cent.py"
    assert git(repository, "diff", "--name-only", red, green) == "till/bill.py"
    assert git(repository, "status", "--short") == ""


def test_without_a_fix_the_finding_stays_red_and_the_skill_stops_there(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", BILL_FILES)
    git(repository, "commit", "--quiet", "--allow-empty", "--message=second")

    ran = carry_out(body("review-to-tests"), repository, after={}, tools=tmp_path / "tools")

    assert ran.returncode == 99
    assert "exit code 1: python -m pytest -q tests/test_split_loses_no_cent.py" in ran.stderr
    assert git(repository, "log", "--format=%s").splitlines()[0].endswith("(fails)")


# --- rival theories ---------------------------------------------------------------------------------------------------


def test_theories_are_struck_by_commands_and_the_fix_is_toggled(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", REPORT_FILES)
    onecontext(repository, "init")
    team = Team.create("crew", root=repository / ".claude", cwd=repository)
    team.join("bob")
    mended = f"sed -i 's/{ROWS}/{ROWS_MENDED}/' report.py"

    ran = carry_out(
        body("debug-by-hypotheses"), repository, after={"onecontext mail": mended}, tools=tmp_path / "tools"
    )

    done(ran)
    assert "3 3" in ran.stdout.splitlines(), "what strikes theory A"
    assert "generator" in ran.stdout.splitlines(), "what theory C predicts"
    assert git(repository, "diff", "--stat").endswith("1 insertion(+), 1 deletion(-)")
    assert [message.text[:8] for message in team.receive("bob")] == ["Theory C"]
    assert "rows is a generator" in onecontext(repository, "context").stdout


# --- writing a skill --------------------------------------------------------------------------------------------------

MIGRATIONS = """---
name: check-migrations
description: Finds migrations that lock tables or lose data. Use before merging SQL or models.
metadata:
  keywords: alter table
---
# Check migrations

```sh
test -z "$(grep -il 'drop column' migrations/*.sql)"
```
"""


def test_a_skill_is_made_found_short_and_carried_out_as_the_skill_about_skills_says(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"migrations/1.sql": "ALTER TABLE a ADD b;\n"})
    written = tmp_path / "written.md"
    written.write_text(MIGRATIONS)
    filled = f"cp {quote(str(written))} .agents/skills/check-migrations/SKILL.md"
    skill = bundled("writing-skills")

    ran = carry_out(
        f"{activate(skill)}\n{read_skill_file(skill, 'references/testing.md')}",
        repository,
        after={"onecontext skill new": filled},
        tools=tmp_path / "tools",
    )

    done(ran)
    assert "check-migrations is a valid skill" in ran.stdout
    assert ran.stdout.splitlines().count(f"check-migrations  {MIGRATIONS.splitlines()[2][13:]}") >= 2, "listed, found"
    # What references/testing.md gives as a test does test the new skill, and is red where a command of it fails.
    taught_test = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/test_skill_check_migrations.py",
    ]
    assert subprocess.run(taught_test, cwd=repository, capture_output=True, check=False).returncode == 0
    (repository / "migrations" / "2.sql").write_text("ALTER TABLE a DROP COLUMN b;\n")
    assert subprocess.run(taught_test, cwd=repository, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_the_format_strictly(name: str) -> None:
    assert validate(bundled(name).folder / "SKILL.md") == []
