"""The import contracts of pyproject.toml hold, and each of them breaks when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("onecontext", "skills", "teams", "tui")
LINT = (
    "import sys; sys.path.insert(0, '.')\n"
    "from importlinter.cli import lint_imports\n"
    "sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True, no_logo=True))"
)


def _lint(folder: Path) -> tuple[int, str]:
    ran = subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(root: Path) -> None:
    code, said = _lint(root)

    assert code == 0, said
    assert "0 broken" in said


@pytest.mark.parametrize(
    ("module", "wrong", "contract"),
    [
        ("onecontext/names.py", "import pygit2", "pygit2 has one door: onecontext.store"),
        ("onecontext/text/tokens.py", "import litellm", "litellm has one door: teams.models"),
        ("onecontext/memory/steps.py", "import re2", "re2 has one door: onecontext.variables"),
        ("onecontext/recall/context.py", "import onecontext.variables.model", "rooms of onecontext"),
        ("teams/agent/__init__.py", "import watchdog", "watchdog has one door: teams.engine"),
        ("teams/engine/__init__.py", "import textual", "textual has one door: tui"),
        ("onecontext/memory/__init__.py", "import teams", "packages look down only"),
        ("skills/format/skill.py", "import tui", "packages look down only"),
        ("skills/finding/discover.py", "import skills.cli.skill", "rooms of skills"),
        ("teams/protocol/__init__.py", "from teams.mission import mission", "rooms of teams"),
        ("teams/guard/__init__.py", "import teams.models.port", "rooms of teams"),
        ("teams/mission/contract.py", "import teams.mission.control.halt", "rooms of a mission"),
        ("onecontext/text/redact.py", "import onecontext.store.files", "rooms of onecontext"),
    ],
)
def test_a_wrong_import_breaks_the_contract_that_forbids_it(copy: Path, module: str, wrong: str, contract: str) -> None:
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{wrong}\n")

    code, said = _lint(copy)

    assert code == 1, said
    assert f"{contract} BROKEN" in said
