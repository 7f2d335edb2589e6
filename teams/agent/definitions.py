"""Agents defined in ``.claude/agents``: which there are, which of two with one name counts, and how one is built.

Rule 1: the project's come before those of the client's own folder, and a nearer folder before one further up. The first
    of a name counts; the others are listed as shadowed.
Rule 2: every file is used or told about, once, with its line and how to mend it; none takes another down.
Rule 3: symlinks are followed where they end inside the searched folder, and never into other folders of it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from onecontext.errors import InvalidDocument
from skills.activation.activate import whole
from skills.catalogue.required import required_skills
from skills.finding.discover import Found
from skills.finding.places import folders_up
from skills.finding.precedence import first_of_each
from skills.format.reading import read_text
from skills.format.skill import Problem, Skill
from teams.agent.agent import Agent
from teams.agent.client_tools import grant
from teams.agent.definition import INHERIT, Definition, line_of, parse
from teams.agent.limits import Limits
from teams.agent.prompt import fenced
from teams.agent.tools import Tool, tool_from
from teams.models.port import Model

FOLDER = Path(".claude") / "agents"
MAX_FILES, MAX_DEPTH = 1000, 8
# What the client means by these today; any other name is the model's own.
ALIASES = {
    "haiku": "anthropic/claude-haiku-4-5",
    "opus": "anthropic/claude-opus-4-5",
    "sonnet": "anthropic/claude-sonnet-4-5",
}


@dataclass(frozen=True)
class Shadowed:
    """An agent that does not count, because ``by`` has its name and lies nearer."""

    definition: Definition
    by: Definition


@dataclass(frozen=True)
class Definitions:
    """All that was found: the agents by name, and what was not taken with the reason."""

    agents: tuple[Definition, ...]
    problems: tuple[Problem, ...]
    shadowed: tuple[Shadowed, ...]


class Built(NamedTuple):
    """An agent, and sentences about what its definition asked for and it did not get."""

    agent: Agent
    notes: tuple[str, ...]


def client_folder(env: Mapping[str, str], cwd: Path) -> Path | None:
    """Return the client's own folder (``$CLAUDE_CONFIG_DIR``, else ``~/.claude``), None where ``env`` does not say."""
    if named := env.get("CLAUDE_CONFIG_DIR"):
        return cwd / Path(named).expanduser()
    home = env.get("HOME")
    return Path(home) / ".claude" if home else None


def find_definitions(cwd: Path, config: Path | None) -> Definitions:
    """Return the agents for work in ``cwd``.

    Args:
        cwd: its ``.claude/agents`` is searched, and those of the folders above up to the repository's.
        config: the client's own folder (``$CLAUDE_CONFIG_DIR``, else ``~/.claude``); None: search none.
    """
    items = [item for root, source in _roots(cwd, config) for item in _in_root(root, source)]
    taken, hidden = first_of_each(item for item in items if isinstance(item, Definition))
    return Definitions(
        tuple(taken[name] for name in sorted(taken)),
        tuple(item for item in items if isinstance(item, Problem)),
        tuple(Shadowed(one, by) for one, by in hidden),
    )


def model_name(definition: Definition) -> str | None:
    """Return the model that the definition names, as litellm calls it; None: whichever its caller uses."""
    wanted = definition.model
    if wanted.lower() in (INHERIT, "default"):
        return None
    if wanted.lower() in ALIASES:
        return ALIASES[wanted.lower()]
    return f"anthropic/{wanted}" if wanted.startswith("claude-") else wanted


def build_agent(
    definition: Definition,
    *,
    model: str | Model,
    tools: Iterable[Tool | Callable[..., object]] = (),
    skills: Sequence[Skill] = (),
    limits: Limits | None = None,
    **more: Any,
) -> Built:
    """Build the agent that ``definition`` describes.

    Args:
        model: used where the definition says ``inherit`` or nothing.
        tools: those that can be had; the definition chooses among them.
        skills: those that can be had; the texts of the ones it names follow its instructions.
        limits: of a run; where it has none, ``maxTurns`` of the definition counts.
        more: as for :class:`Agent`.

    Raises:
        InvalidName, UsageError, UnknownModel, NoCredentials: as :class:`Agent`.
        UnknownSkill, InvalidDocument: a skill that it names is not among ``skills``, cannot be read, or is too long.
    """
    offered = {tool.spec.name: tool for tool in (t if isinstance(t, Tool) else tool_from(t) for t in tools)}
    granted = grant(definition.tools, definition.forbidden, tuple(offered))
    by = f"agent {definition.name}"
    had = required_skills(Found(tuple(skills), (), ()), definition.skills, by=by)
    texts = [fenced("skill", whole(skill, by=by)) for skill in had]
    if limits is None and definition.max_turns is not None:
        limits = replace(Limits(), turns=definition.max_turns)
    agent = Agent(
        definition.name,
        model=model_name(definition) or model,
        instructions="\n\n".join([definition.instructions, *texts]),
        tools=[offered[name] for name in granted.names],
        limits=limits,
        **more,
    )
    return Built(agent, granted.notes)


def _roots(cwd: Path, config: Path | None) -> Iterator[tuple[Path, str]]:
    wanted = [(folder / FOLDER, "the project") for folder in _up_to_repository(cwd)]
    wanted += [(config / "agents", "the client's folder")] if config else []
    seen = set()
    for root, source in wanted:
        if root.is_dir() and root.resolve() not in seen:
            seen.add(root.resolve())
            yield root.resolve(), source


def _up_to_repository(cwd: Path) -> list[Path]:
    return folders_up(cwd, next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd))


def _in_root(root: Path, source: str) -> Iterator[Definition | Problem]:
    paths = sorted(_files(root))
    if len(paths) > MAX_FILES:
        mend = "take some out of the folder"
        yield Problem(root, f"it has {len(paths):,} files, and only the first {MAX_FILES:,} are read", 1, mend)
    for path in paths[:MAX_FILES]:
        yield from _in_file(root, path, source)


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        deep = len(here.relative_to(root).parts) >= MAX_DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in names if name.lower().endswith(".md") and not name.startswith("."))


def _in_file(root: Path, path: Path, source: str) -> Iterator[Definition | Problem]:
    try:
        real = path.resolve()
        if not real.is_relative_to(root):
            mend = "put the file itself there"
            yield Problem(path, f"a symlink leads out of {root.name}, which is not followed", 1, mend)
            return
        definition, faults = parse(read_text(real), path, source=source)
    except InvalidDocument as error:
        yield Problem(path, error.message, line_of(error), error.hint or "write it as UTF-8 text")
    except (OSError, RuntimeError) as error:  # RuntimeError: symlinks in a circle
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        yield Problem(path, f"cannot be read: {reason}", 1, "check its owner and mode")
    else:
        yield definition
        if faults:
            reason, mend = ("; ".join(parts) for parts in zip(*((f.reason, f.mend) for f in faults), strict=True))
            yield Problem(path, reason, faults[0].line, mend, used=True)
