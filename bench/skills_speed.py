"""The tables of ``bench/skills_cost.py`` about time: thousands of skills found, parsed, listed, indexed and searched.

Rule 1: the skills are those of ``tests/support/many_skills.py``, the same for the same seed, valid for everybody.
Rule 2: each way has a process of its own, and all take turns in a round; medians over rounds.
Rule 3: the folder is read once before, so that nobody pays for a cold disk.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from agent import environment
from memory import title

from skills.finding.discover import find_skills
from skills.search.index import SkillIndex
from tests.support.many_skills import made_skills, write_skills

HERE = Path(__file__).resolve().parent
ROUNDS, QUESTIONS = 3, 300
COLD_GOAL_S, CACHED_GOAL_S = 2.0, 0.15


class Took(NamedTuple):
    """CPU seconds within the process, and of the whole of it, with starting Python."""

    inside_s: float
    whole_s: float


def print_times(count: int, peers: Path | None) -> None:
    """Make ``count`` skills and print what it takes to work with them; ``peers``: where others are installed."""
    theirs = environment(peers, HERE / "skills_peers.txt") if peers else None
    with tempfile.TemporaryDirectory(prefix="onecontext-skills-") as folder:
        project = Path(folder) / "project"
        made = write_skills(project / ".agents" / "skills", count)
        (project / ".git").mkdir()
        size = sum(len(skill.document.encode()) for skill in made)
        title(f"{count:,} skills, {size / 1e6:.1f} MB of SKILL.md; CPU seconds, medians of {ROUNDS} rounds")
        _rounds(project, Path(folder), count, theirs)
        _inside(project, count)


def _rounds(project: Path, folder: Path, count: int, theirs: str | None) -> None:
    cache, home = folder / "cache", folder / "home"
    home.mkdir()
    ways: dict[str, list[str]] = {
        "find and parse": _way(sys.executable, "found", project),
        "the same again, from the cache": _way(sys.executable, "found", project, cache),
        "find, parse, index, ask once": _way(sys.executable, "indexed", project),
        "find, parse, XML prompt": _way(sys.executable, "prompt", project),
    }
    if theirs:
        ways |= {
            "skills-ref: parse": _way(theirs, "reference-parsed", project),
            "skills-ref: to-prompt": _way(theirs, "reference-prompt", project),
        }
    _took(ways["the same again, from the cache"], count)  # fills the cache
    found: dict[str, list[Took]] = {name: [] for name in ways}
    listed: dict[str, list[float]] = {"first": [], "again": []}
    for number in range(ROUNDS):
        for name, command in ways.items():
            found[name].append(_took(command, count))
        environ = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(folder / f"lists-{number}")}
        for kind in listed:
            listed[kind].append(_listed(project, environ, count))
    print(f"{'':<34}{'inside':>8}{'whole process':>16}")
    for name, rows in found.items():
        print(f"{name:<34}{_median(row.inside_s for row in rows):>8.3f}{_median(row.whole_s for row in rows):>16.3f}")
    for kind, seconds in listed.items():
        print(f"{f'onecontext skill list, {kind}':<34}{'':>8}{_median(seconds):>16.3f}")
    whole = _median(row.inside_s for row in found["find, parse, index, ask once"])
    again = _median(row.inside_s for row in found["the same again, from the cache"])
    print(f"parsed, indexed and listed: {whole:.2f} s, goal {COLD_GOAL_S:g}: {_reached(whole < COLD_GOAL_S)}")
    print(f"cached start: {1e3 * again:.0f} ms, goal {1e3 * CACHED_GOAL_S:.0f}: {_reached(again < CACHED_GOAL_S)}")


def _inside(project: Path, count: int) -> None:
    """Print the parts within one process, and what a question takes."""
    began = time.process_time()
    skills = find_skills(project, None, bundled=project / "none").skills
    parsed = time.process_time()
    index = SkillIndex(skills)
    built = time.process_time()
    print(f"in one process that is warm: find and parse {parsed - began:.2f} s, index {built - parsed:.2f} s")
    asked = [" ".join(made.description.split()[2:7]) for made in made_skills(QUESTIONS, seed=8)]
    times_ms, best = [], 0
    for question in asked:
        at = time.process_time_ns()
        best += bool(index.search(question, 10))
        times_ms.append((time.process_time_ns() - at) / 1e6)
    times_ms.sort()
    p95 = times_ms[int(0.95 * len(times_ms))]
    print(f"{QUESTIONS} questions of five words: median {statistics.median(times_ms):.2f} ms, p95 {p95:.2f} ms", end="")
    print(f"; {best} of them found something")


def _way(python: str, what: str, project: Path, cache: Path | None = None) -> list[str]:
    return [python, str(HERE / "skills_load.py"), what, str(project), *([str(cache)] if cache else [])]


def _took(command: list[str], count: int) -> Took:
    before = _children_s()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    whole_s = _children_s() - before
    if ran.returncode:
        raise SystemExit(f"{command[2]} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    said = json.loads(ran.stdout.splitlines()[-1])
    assert said["count"] == count, f"{command[2]} found {said['count']} of {count} skills"
    return Took(said["cpu_s"], whole_s)


def _listed(project: Path, environ: dict[str, str], count: int) -> float:
    before = _children_s()
    command = [sys.executable, "-m", "onecontext", "skill", "list"]
    environ = {**environ, "PYTHONPATH": str(HERE.parent)}
    ran = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=True)
    assert len(ran.stdout.splitlines()) >= count
    return _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _median(values: object) -> float:
    return statistics.median(values)  # type: ignore[arg-type]


def _reached(is_so: bool) -> str:
    return "reached" if is_so else "missed"
