"""Scripts of a skill: which program runs one, and that only what a person trusts is run.

Rule 1: a script is a file of the skill itself, never what a symlink leads to.
Rule 2: an agent runs scripts with its own tool for commands, in its own sandbox; this is for a person.
"""

import os
from collections.abc import Sequence

from onecontext.errors import InvalidDocument, UsageError
from skills.activation.files import files
from skills.activation.port import Ran, Runner
from skills.activation.trust import Trust
from skills.format.skill import Skill

TIMEOUT_S = 120.0
_PROGRAMS = {".py": "python", ".sh": "bash", ".bash": "bash", ".js": "node", ".mjs": "node"}


def run_script(
    skill: Skill, name: str, arguments: Sequence[str], *, trust: Trust, run: Runner, timeout_s: float = TIMEOUT_S
) -> Ran:
    """Run the script ``name`` of a trusted skill with ``arguments``.

    Raises:
        InvalidDocument: the skill has no such script. UsageError: it is not trusted; nothing was run.
        NoSandbox: nothing can be run here.
    """
    argv = [*_program(skill, name), *arguments]
    if why_not := trust.why_not(skill, ""):
        raise UsageError(
            f"{name} of skill {skill.name} did not run: {why_not}",
            hint=f"read it with 'onecontext skill use {skill.name} {name}'; 'onecontext skill trust {skill.name}' "
            "lets it run",
        )
    return run(argv, env={"CLAUDE_SKILL_DIR": str(skill.folder)}, timeout_s=timeout_s)


def _program(skill: Skill, name: str) -> list[str]:
    there = files(skill)
    if name not in there:
        scripts = [one for one in there if one.startswith("scripts/")] or there
        raise InvalidDocument(f"skill {skill.name} has no script {name!r}; it has {', '.join(scripts[:50]) or 'none'}")
    path = skill.folder / name
    if os.access(path, os.X_OK):
        return [str(path)]
    program = _PROGRAMS.get(path.suffix)
    if program is None:
        raise InvalidDocument(
            f"{path} is not executable, and its name does not say what runs it", hint=f"chmod +x {path}"
        )
    return [program, str(path)]
