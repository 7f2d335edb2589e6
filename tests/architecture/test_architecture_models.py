"""litellm costs seconds and megabytes: it is imported in one module, and only when a real model is first asked."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("onecontext", "skills", "teams", "tui")


def imported(path: Path) -> set[str]:
    """Return the first words of everything that the file imports, at any depth of it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {str(n.module) for n in nodes if isinstance(n, ast.ImportFrom)}}


@pytest.mark.parametrize(
    ("library", "door"),
    [
        ("litellm", ["teams/models/litellm_model.py"]),
        ("openai", ["teams/models/openai_client.py"]),
        ("httpx", []),
    ],
)
def test_litellm_and_what_it_brings_have_one_door_each(root: Path, library: str, door: list[str]) -> None:
    doors = [
        str(path.relative_to(root))
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if library in imported(path)
    ]

    assert doors == door


def test_nothing_before_the_first_request_imports_litellm(tmp_path: Path) -> None:
    script = tmp_path / "s.yaml"
    script.write_text("version: 1\nconversations: [{turns: [{say: hello}]}]")
    program = f"""
import sys
from teams import Agent
from teams.models.registry import open_models
from teams.models.port import Conversation
assert Agent("ann", model="scripted:{script}").run("hi").text == "hello"
open_models("gpt-4o", env={{"OPENAI_API_KEY": "x"}})(Conversation("ann", "agent"))
heavy = [name for name in ("litellm", "openai", "httpx", "pygit2", "textual") if name in sys.modules]
sys.exit(f"imported: {{heavy}}" if heavy else 0)
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_facade_alone_imports_almost_nothing() -> None:
    program = "import sys, teams.api; sys.exit(str([n for n in ('pydantic', 'yaml', 'litellm') if n in sys.modules]))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == "[]"
