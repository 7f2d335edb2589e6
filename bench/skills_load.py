"""One way to do one thing with a folder of skills, in a process of its own: ``skills_load.py WHAT FOLDER [CACHE]``.

Rule 1: a way imports only what it needs, within its own clock: what it costs to start is part of it.
Rule 2: it prints one line of JSON: the CPU seconds from before the imports to the end, and what it found.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if Path(place or ".").resolve() != HERE)]


def found(folder: Path, cache: Path | None) -> int:
    """Ours: find and parse."""
    from skills.finding.discover import find_skills

    return len(find_skills(folder, None, bundled=folder / "none", cache=cache).skills)


def prompt(folder: Path, cache: Path | None) -> int:
    """Ours: find, parse and write the XML."""
    from skills.catalogue.forms import FORMS
    from skills.finding.discover import find_skills

    skills = find_skills(folder, None, bundled=folder / "none", cache=cache).skills
    text = FORMS["xml"].text([FORMS["xml"].item(skill.name, skill.description) for skill in skills])
    assert len(text) > 100 * len(skills)
    return len(skills)


def indexed(folder: Path, cache: Path | None) -> int:
    """Ours: find, parse, index, and ask once."""
    from skills.finding.discover import find_skills
    from skills.search.index import SkillIndex

    skills = find_skills(folder, None, bundled=folder / "none", cache=cache).skills
    assert SkillIndex(skills).search("review sql migrations", 5)
    return len(skills)


def reference_parsed(folder: Path, cache: Path | None) -> int:
    """skills-ref: parse."""
    from skills_ref.parser import read_properties

    return len([read_properties(path) for path in sorted(_folders(folder))])


def reference_prompt(folder: Path, cache: Path | None) -> int:
    """skills-ref: parse and write the XML."""
    from skills_ref.prompt import to_prompt

    return to_prompt(sorted(_folders(folder))).count("<name>")


def _folders(folder: Path) -> list[Path]:
    return [path for path in (folder / ".agents" / "skills").iterdir() if path.is_dir()]


WAYS: dict[str, Callable[[Path, Path | None], int]] = {
    "found": found,
    "prompt": prompt,
    "indexed": indexed,
    "reference-parsed": reference_parsed,
    "reference-prompt": reference_prompt,
}


def main() -> None:
    way, folder = WAYS[sys.argv[1]], Path(sys.argv[2])
    began = time.process_time()
    count = way(folder, Path(sys.argv[3]) if sys.argv[3:] else None)
    print(json.dumps({"cpu_s": time.process_time() - began, "count": count}))


if __name__ == "__main__":
    main()
