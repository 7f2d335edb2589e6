"""The bundled skill teaches commands: each of them is run here, in order, in a real repository."""

import io
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from onecontext.cli.main import main
from onecontext.text.tokens import default_counter
from skills.activation.activate import activate
from skills.cli.skill import add_arguments
from skills.finding.discover import find_skills
from skills.format.skill import Skill


@pytest.fixture
def skill(tmp_path: Path) -> Skill:
    found = find_skills(tmp_path, None)
    assert found.problems == ()
    return next(skill for skill in found.skills if skill.name == "onecontext-memory")


def _commands(text: str) -> list[str]:
    inside, commands = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside and line:
            commands.append(line)
    return commands


def test_every_command_of_the_skill_works_in_the_order_it_is_taught(skill: Skill, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    commands = ["onecontext init", *_commands(activate(skill))]
    assert len(commands) >= 13

    for command in commands:
        program, *words = shlex.split(command)
        out, err = io.StringIO(), io.StringIO()
        code = main(words, env=dict(os.environ), cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=err)
        assert (program, code) == ("onecontext", 0), f"{command}: {err.getvalue()}"


def test_it_names_every_verb_of_the_memory_and_stays_short(skill: Skill) -> None:
    body = activate(skill)

    for verb in ("init", "step", "commit", "branch", "switch", "merge", "log", "context", "show", "diff"):
        assert f"onecontext {verb}" in body
    assert default_counter().count(body) < 600


def test_the_command_line_offers_the_four_words() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)

    assert parser.parse_args(["use", "a", "references/b.md"]).file == "references/b.md"
    assert parser.parse_args(["list", "--why", "--tokens"]).why
