"""What is heavy stays outside until it is used, and comes in through one door."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HEAVY = ("litellm", "textual", "watchdog", "pygit2", "pydantic", "tiktoken", "asyncio", "sqlite3")
PACKAGES = ("onecontext", "skills", "teams", "tui")


def _loaded(code: str) -> set[str]:
    """Run ``code`` in a fresh interpreter and return the top-level modules it ends with."""
    report = f"{code}\nimport sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in ran.stderr.split()}


COMMAND = (
    "import io, sys; from pathlib import Path; from onecontext.cli.main import main\n"
    "code = main({words}, env={{}}, cwd=Path('.'), stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO())\n"
    "assert code == {code}"
)


@pytest.mark.parametrize(
    "code",
    [
        "import onecontext",
        COMMAND.format(words=["--help"], code=0),
        COMMAND.format(words=["--version"], code=0),
        COMMAND.format(words=["comit"], code=2),
    ],
    ids=["import", "--help", "--version", "a word nobody knows"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    loaded = _loaded(code)

    assert "onecontext" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_reading_a_context_loads_no_git_no_database_and_no_tokenizer(tmp_path: Path) -> None:
    import os

    command = [sys.executable, "-m", "onecontext"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for words in (["init"], ["commit", "one"]):
        subprocess.run([*command, *words], cwd=tmp_path, env=env, check=True, capture_output=True)
    read = COMMAND.format(words=["context"], code=0).replace("Path('.')", f"Path({str(tmp_path)!r})")

    loaded = _loaded(read)

    assert "onecontext" in loaded
    assert loaded.isdisjoint({*HEAVY, "sqlite3", "yaml", "regex", "hashlib", "litellm"})


def test_calling_a_tool_loads_no_sdk_and_nothing_else_that_is_heavy() -> None:
    loaded = _loaded("import skills.cli.call, skills.mcp.calling, skills.mcp.arguments, skills.mcp.folder")

    assert "skills" in loaded
    assert loaded.isdisjoint({*HEAVY, "mcp", "anyio", "httpx2", "yaml", "regex", "email", "http", "urllib3"})


def test_this_test_would_notice() -> None:
    assert "pydantic" in _loaded("import pydantic")


def test_a_command_loads_only_its_own_package() -> None:
    loaded = _loaded(COMMAND.format(words=["skill", "list"], code=0))

    assert "skills" in loaded
    assert loaded.isdisjoint({"teams", "tui", "litellm", "textual", "watchdog", "pygit2", "pydantic"})


# --- doors ------------------------------------------------------------------------------------------------------------


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _importers(root: Path, wanted: str) -> list[str]:
    paths = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return [
        path.relative_to(root).as_posix() for path in paths if wanted in set(_imports(path.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize(
    ("heavy", "doors"),
    [
        ("pygit2", ("onecontext/store/",)),
        ("textual", ("tui/",)),
        # The doctor asks for versions of what is installed; what agents want run goes through the guard. Servers that a
        # person trusts are held by a process of its own, which is our Python, and so is a mission that a person lets go
        # on from the monitor. The film of the README is made by the programs that draw and pack pictures.
        (
            "subprocess",
            (
                "teams/guard/",
                "onecontext/doctor/",
                "skills/mcp/starting.py",
                "tui/acting/doing.py",
                "tui/acting/editor.py",
                "tui/film.py",
            ),
        ),
        ("litellm", ("teams/models/",)),
        ("watchdog", ("teams/engine/",)),
        ("tiktoken", ("onecontext/text/",)),
        ("sqlite3", ("onecontext/recall/search/",)),
        ("re2", ("onecontext/variables/",)),
    ],
)
def test_what_is_heavy_or_dangerous_is_imported_behind_its_door(root: Path, heavy: str, doors: tuple[str, ...]) -> None:
    importers = _importers(root, heavy)

    assert importers
    assert [path for path in importers if not path.startswith(doors)] == []


@pytest.mark.parametrize("heavy", ["litellm", "watchdog", "tiktoken", "re2"])
def test_what_may_be_replaced_one_day_is_imported_in_one_module(root: Path, heavy: str) -> None:
    assert len(_importers(root, heavy)) == 1


def test_the_scan_sees_imports_inside_functions_and_of_submodules(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "late.py").write_text("def f():\n    from textual.app import App\n")

    assert _importers(tmp_path, "textual") == ["teams/late.py"]
    assert _importers(tmp_path, "text") == []
