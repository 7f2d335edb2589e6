"""The skills of a project, as its agents have them, and what each costs: by the functions that agents use.

Rule 1: nothing is written: what was read before is taken from the person's cache, and the cache is left as it is.
Rule 2: nothing is started, and no command in a skill is run.
Rule 3: what is wrong is a sentence to be shown; it takes no other skill down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import OneContextError
from tui.rows.detail import Paragraph
from tui.rows.shelf import Shelf, Shelved

if TYPE_CHECKING:
    from onecontext.text.tokens import Counter
    from skills.finding.discover import Found
    from skills.format.skill import Problem, Skill
    from skills.mcp.start import Server
    from teams.mission.config import SkillsConfig

NO_PROJECT = "there is no project beside this team"
_SERVER = "mcp"  # metadata.onecontext of an imported server


def shelf_of(project: Path | None, env: Mapping[str, str]) -> Shelf:
    """Return the skills for work in ``project`` by whoever has the environment ``env``."""
    if project is None:
        return Shelf(troubles=(NO_PROJECT,))
    from onecontext.text.tokens import default_counter

    config, troubles = _config(project)
    try:
        found = _found(project, env, config.paths)
        looked = _Looked(project, env, config, found, default_counter())
        return looked.shelf(troubles)
    except (OneContextError, OSError) as error:
        return Shelf(troubles=(*troubles, str(error)))


def text_of(item: Shelved) -> list[Paragraph]:
    """Return the document of a skill, as it stands in its file."""
    from skills.format.reading import read_text

    try:
        lines = read_text(Path(item.path)).split("\n")
    except (OneContextError, OSError) as error:
        return [Paragraph("", str(error), "warn")]
    return [Paragraph("", line, "heading" if line.startswith("#") else "plain") for line in lines]


def _config(project: Path) -> "tuple[SkillsConfig, tuple[str, ...]]":
    from teams.mission.config import SkillsConfig, load_config

    try:
        return load_config(project).skills, ()
    except (OneContextError, OSError) as error:
        return SkillsConfig(), (f"onecontext.toml cannot be read, so its [skills] do not count: {error}",)


def _found(project: Path, env: Mapping[str, str], configured: Sequence[str]) -> "Found":
    from onecontext.folders import cache_folder
    from skills.finding.discover import find
    from skills.finding.places import Search
    from skills.finding.remembered import Remembered, file_for, open_file

    home, client = (Path(env[name]) if env.get(name) else None for name in ("HOME", "CLAUDE_CONFIG_DIR"))
    cache = cache_folder(env)
    remembered = open_file(file_for(cache, project)) if cache else Remembered()
    search = Search(project, home, configured=configured, client=project / client if client else None)
    return find(search, remembered)


class _Looked:
    """One look at what was found."""

    def __init__(
        self, project: Path, env: Mapping[str, str], config: "SkillsConfig", found: "Found", counter: "Counter"
    ) -> None:
        from skills.activation.trust import Trust
        from skills.activation.trusted import trust_file
        from skills.mcp.start import find_servers
        from teams.agent.calling import Calling

        home = Path(env["HOME"]) if env.get("HOME") else None
        self._project, self._home = project, home
        self._config, self._found, self._counter = config, found, counter
        self._trust = Trust(trust_file(env))
        self._servers = {server.folder.resolve(): server for server in find_servers(project, home)}
        self._native = Calling(project, env).native() - set(config.required)

    def shelf(self, troubles: tuple[str, ...]) -> Shelf:
        """Return all of it."""
        from skills.catalogue.fitting import catalogue
        from teams.agent.calling import CALL_TOKENS

        states = {skill.name: self._unlisted(skill) for skill in self._found.skills}
        listed = [skill for skill in self._found.skills if not states[skill.name][0]]
        required = [name for name in self._config.required if name in {skill.name for skill in listed}]
        missing = sorted(set(self._config.required) - set(required))
        troubles += tuple(f"the skill {name} is required and is not there" for name in missing)
        made = catalogue(
            listed, budget=self._config.catalogue_tokens, counter=self._counter, form="lines", required=required
        )
        states |= {entry.skill.name: (entry.fate, entry.why) for entry in made.entries}
        taken = [self._shelved(skill, *states[skill.name]) for skill in self._found.skills]
        hidden = [
            self._shelved(one.skill, "shadowed", f"{one.by.source} has one of that name, which comes first")
            for one in self._found.shadowed
        ]
        broken = [self._broken(problem) for problem in self._found.problems if not problem.used]
        odd = {str(problem.path): problem for problem in self._found.problems if problem.used}
        skills = (*(_with_oddity(one, odd) for one in taken), *hidden, *broken)
        called = any(one.tools is not None and one.state != "native" for one in taken)
        return Shelf(
            skills,
            made.tokens,
            self._config.catalogue_tokens,
            self._counter.name,
            troubles,
            CALL_TOKENS if called else 0,
        )

    def _unlisted(self, skill: "Skill") -> tuple[str, str]:
        """Return the state of a skill that is in no catalogue, and why; "" twice of one that may be."""
        from teams.mission.skilled import NOT_FOR_MODELS

        if str(skill.more.get(NOT_FOR_MODELS, "")).lower() == "true":
            return "by hand", f"it says {NOT_FOR_MODELS}, so only a person opens it"
        if skill.metadata.get("onecontext") == _SERVER and skill.name in self._native:
            return "native", "its schemas cost less than a skill, so agents have its tools as they are"
        return "", ""

    def _shelved(self, skill: "Skill", state: str, why: str) -> Shelved:
        from skills.catalogue.fitting import catalogue
        from skills.format.document import document_of

        server = self._servers.get(skill.folder.resolve())
        return Shelved(
            name=skill.name,
            state=state,
            source=skill.source,
            description=skill.description,
            path=str(document_of(skill.folder) or skill.folder),
            why=why,
            trust=self._trusted(skill),
            line_tokens=catalogue([skill], budget=None, counter=self._counter, form="markdown").tokens,
            body_tokens=self._body(skill),
            tools=len(server.tools) if server else None,
            schema_tokens=self._schemas(server) if server else None,
        )

    def _broken(self, problem: "Problem") -> Shelved:
        folder = problem.path.parent if problem.path.suffix else problem.path
        return Shelved(
            folder.name,
            "problem",
            self._place(folder.parent),
            path=str(problem.path),
            why=_said(problem),
            mend=problem.mend,
        )

    def _place(self, folder: Path) -> str:
        """Return a folder as skills name the place they are from."""
        for top, words in ((self._project, "the project"), (self._home, "the home folder")):
            if top is not None and folder.is_relative_to(top):
                return f"{folder.relative_to(top)} of {words}"
        return str(folder)

    def _trusted(self, skill: "Skill") -> str:
        try:
            return self._trust.state(skill)
        except (OneContextError, OSError):
            return "untrusted"  # 'onecontext skill trust' says what is wrong with the store

    def _body(self, skill: "Skill") -> int | None:
        from skills.activation.activate import activate

        try:
            return self._counter.count(activate(skill))
        except (OneContextError, OSError):
            return None

    def _schemas(self, server: "Server") -> int | None:
        from skills.mcp.native import priced

        price = priced(server, self._counter)
        return price.native if price else None


def _with_oddity(one: Shelved, odd: "Mapping[str, Problem]") -> Shelved:
    problem = odd.get(one.path) or odd.get(str(Path(one.path).parent))
    if problem is None:
        return one
    return replace(one, why="; ".join(part for part in (one.why, _said(problem)) if part), mend=problem.mend)


def _said(problem: "Problem") -> str:
    return f"line {problem.line}: {problem.reason}" if problem.line else problem.reason
