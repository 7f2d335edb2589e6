"""What the agents of a mission have of skills: a line for each in the prompt, and the tool that reads and finds them.

Rule 1: they are as they are now: what is added, changed or removed while a mission runs is seen by the next call.
Rule 2: an agent reads skills of the person's checkout and home, not of its own copy: what it writes there is work to be
    judged, and no instruction to anybody.
Rule 3: who names a skill that must be there does not begin without it.
Rule 4: commands in a skill run only where the person trusts it (:mod:`skills.activation.trust`), in the agent's own
    sandbox and copy, which they cannot write.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from onecontext.text.tokens import default_counter
from skills.activation.activate import Reading
from skills.activation.port import Ran, Runner
from skills.activation.tool import Shelf, skill_tool
from skills.activation.trust import Trust
from skills.catalogue.fitting import catalogue
from skills.catalogue.required import required_skills
from skills.finding.live import LiveSkills
from skills.finding.places import BUNDLED
from skills.format.skill import Skill
from teams.agent.calling import Calling
from teams.agent.client_tools import COUNTERPARTS, WITHOUT
from teams.agent.tools import Tool
from teams.guard.port import Sandbox
from teams.mission.config import SkillsConfig

NOT_FOR_MODELS = "disable-model-invocation"  # of front matter: only a person opens it


class Skilled:
    """The skills of one mission, for all its agents and their threads."""

    def __init__(self, live: LiveSkills, config: SkillsConfig, trust: Trust, calling: Calling | None = None) -> None:
        """Take what is found, and what a project says of it.

        Args:
            calling: how agents call MCP servers which are skills; None: they do not.

        Raises:
            UnknownSkill: one that the project requires is not there, or is broken.
            UsageError: those that it requires do not fit into the catalogue.
        """
        self._live, self._config, self._trust = live, config, trust
        self._calling = calling
        self._lock = threading.Lock()
        self._offered = _for_models(live.found.skills)
        self._shelf = Shelf(self._now)
        required_skills(live.found, config.required, by="[skills] required")
        self.catalogue("")

    def catalogue(self, task: str) -> str:
        """Return a line for each skill, "" where there is none; where not all fit, those that suit ``task`` do.

        Raises:
            UnknownSkill, UsageError: one that is required is gone by now, or does not fit.
        """
        skills = self._now()
        made = catalogue(
            skills,
            budget=self._config.catalogue_tokens,
            counter=default_counter(),
            form="lines",
            required=self._config.required,
            task=task,
            index=self._shelf.index() if task else None,
        )
        return made.text

    def tool(
        self, sandbox: Sandbox, folder: Path, offered: Sequence[str] = (), *, timeout_s: float = 30.0
    ) -> Callable[[str], str] | None:
        """Return the tool of an agent that works in ``folder``; None: there are no skills, and it costs nothing.

        Args:
            offered: the names of the agent's tools, for what a skill expects of them.
            timeout_s: the most that one command of a trusted skill may take.
        """
        if not self._now():
            return None
        run = None if sandbox.tier == "none" else _runner(sandbox, folder, timeout_s)
        return skill_tool(self._shelf, reading=Reading(self._trust, run, lambda skill: lacking(skill, offered)))

    def calls(self, taken: Collection[str] = ()) -> list[Tool]:
        """Return the tools by which an agent calls MCP servers; ``taken`` are names of tools that it has."""
        return self._calling.tools(taken) if self._calling else []

    def folders(self, project: Path, home: Path | None) -> list[Path]:
        """Return the folders of skills that commands of agents may read, so that they can run scripts.

        Only what lies in the project, or where the person's own skills do: a link in a repository opens nothing else.
        """
        tops = [project.resolve(), BUNDLED.resolve()]
        tops += [(home / place).resolve() for place in (".agents", ".claude")] if home else []
        roots = dict.fromkeys(skill.folder.parent for skill in self._now())
        return [root for root in roots if any(root.is_relative_to(top) for top in tops) and root != home]

    def _now(self) -> Sequence[Skill]:
        with self._lock:
            if self._live.changed():
                self._offered = _for_models(self._live.refresh().skills)
            native = (self._calling.native() if self._calling else frozenset()) - set(self._config.required)
            return tuple(skill for skill in self._offered if not (_is_server(skill) and skill.name in native))


def _is_server(skill: Skill) -> bool:
    return skill.metadata.get("onecontext") == "mcp"


def _for_models(skills: Sequence[Skill]) -> Sequence[Skill]:
    return tuple(skill for skill in skills if str(skill.more.get(NOT_FOR_MODELS, "")).lower() != "true")


def lacking(skill: Skill, offered: Sequence[str]) -> str:
    """Return a sentence about the tools that a skill expects (``allowed-tools``) and its reader does not have."""
    names = dict.fromkeys(item.partition("(")[0] for item in skill.allowed_tools)
    missing = [name for name in names if COUNTERPARTS.get(name, name) not in offered and name != "Skill"]
    if not offered or not missing:
        return ""
    told = [f"{name} ({WITHOUT[name]})" if name in WITHOUT else name for name in missing]
    return f"[this skill expects tools that you do not have: {', '.join(told)}]"


def _runner(sandbox: Sandbox, folder: Path, most_s: float) -> Runner:
    def run(argv: Sequence[str], *, env: Mapping[str, str], timeout_s: float) -> Ran:
        result = sandbox.run(argv, workspace=folder, writable=False, timeout_s=min(timeout_s, most_s), env=env)
        return Ran(result.exit_code, result.output)

    return run
