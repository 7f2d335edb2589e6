"""Skills as tests write them."""

from collections.abc import Callable
from pathlib import Path

from skills.format.loading import load
from skills.format.skill import Problem, Skill

Write = Callable[..., Path]


def skill_writer(root: Path) -> Write:
    """Return what writes a skill into ``root/place/name``, with these other files beside it, and returns its folder."""

    def write(place: str, name: str, front: str = "", body: str = "Do it.\n", **others: str) -> Path:
        folder = root / place / name
        folder.mkdir(parents=True, exist_ok=True)
        front = front or f"name: {name}\ndescription: from {place}\n"
        (folder / "SKILL.md").write_text(f"---\n{front}---\n{body}", encoding="utf-8")
        for file_name, text in others.items():
            (folder / file_name).write_text(text, encoding="utf-8")
        return folder

    return write


def read_skill(folder: Path) -> tuple[Skill, Problem | None]:
    """Return the skill in ``folder``, and what is odd about it."""
    skill, problem = load(folder / "SKILL.md")
    assert skill is not None, problem
    return skill, problem
