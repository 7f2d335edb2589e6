"""Every Python example of the README runs as it stands there; only the model's name is exchanged for a script."""

import contextlib
import io
import re
from pathlib import Path

import pytest
import yaml

from tests.support.missions import make_repository, onecontext

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def blocks(root: Path) -> list[tuple[str, str]]:
    return BLOCK.findall((root / "README.md").read_text())


def run(code: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def test_the_first_example_has_five_lines_at_most_and_remembers(
    blocks: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = next(text for language, text in blocks if language == "python")
    monkeypatch.chdir(make_repository(tmp_path / "repository", {"cart.py": "total = 0.1 + 0.2\n"}))

    printed = run(code)

    assert len([line for line in code.splitlines() if line.strip()]) <= 5
    assert "prices go through float" in printed
    assert "prices go through float" in onecontext(Path.cwd(), "log").stdout


def test_the_agent_of_the_readme_calls_its_tool(blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    code = [text for language, text in blocks if language == "python"][1]
    turns = [
        {"call": [{"tool": "count_words", "args": {"text": "to be or not to be"}}]},
        {"expect": "6", "say": "It has six words."},
    ]
    script = tmp_path / "ann.yaml"
    script.write_text(yaml.safe_dump({"version": 1, "conversations": [{"agent": "ann", "turns": turns}]}))
    assert code.count('"openai/gpt-5"') == 1

    printed = run(code.replace('"openai/gpt-5"', f'"scripted:{script}"'))

    assert printed.strip() == "It has six words."


def test_the_memory_commands_of_the_readme_run(blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    import shlex

    repository = make_repository(tmp_path / "repository", {"a.txt": "a\n"})
    shell = [text for language, text in blocks if not language and "onecontext step" in text]
    assert len(shell) == 1

    for line in shell[0].splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "onecontext"
        ran = onecontext(repository, *words[1:])
        assert ran.code == 0, (line, ran.stderr)


def test_every_page_the_readme_names_is_there(root: Path) -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", (root / "README.md").read_text())

    missing = [link for link in links if not (root / link).exists()]

    assert links
    assert not missing
    assert (root / "README.md").stat().st_size < 6000  # one screen, more or less
