"""Which model answers for a role: what ``[model] roles`` says, else what the role's definition names.

Rule 1: a definition may come with what was cloned, and names no model that cannot be had; that is said, and the
    mission's model answers.
Rule 2: in a scripted run no real model is asked: nobody shall pay for a test.
"""

import difflib
from collections.abc import Mapping

from onecontext.errors import SetupError, UsageError
from teams.mission.config import FILE_NAME, Config
from teams.mission.roles.roles import PARTS, Roles
from teams.models.reader import ROLE as READER
from teams.models.registry import SCRIPTED, open_models


def with_models(config: Config, roles: Roles, env: Mapping[str, str]) -> tuple[Config, list[str]]:
    """Return the configuration with the models that roles name for themselves, and what of that cannot be had.

    What ``[model] roles`` says goes before. In a scripted run a role's real model is not asked: nobody shall pay for a
    test. A role that nobody has may be one of a playbook's, so it is noted.

    Raises:
        UsageError: ``[model] roles`` has a role that nobody has, and that is nearly one that is there.
    """
    models, notes = dict(config.model.roles), _unknown_roles(config, roles)
    for name, role in roles.defined.items():
        if role.model is None or name in models:
            continue
        if why := _why_no_model(role.model, config, env):
            notes.append(f"role {name} takes the mission's model: {role.model} {why}")
        else:
            models[name] = role.model
    return config.model_copy(update={"model": config.model.model_copy(update={"roles": models})}), notes


def _unknown_roles(config: Config, roles: Roles) -> list[str]:
    known, notes = [*PARTS, *roles.names, READER], []
    for name in config.model.roles:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        if name in known:
            continue
        if near:
            raise UsageError(f"{FILE_NAME}: model.roles: there is no role {name!r}; did you mean {near[0]!r}?")
        notes.append(f"[model] roles names {name}, which is no role here; a step of a playbook may have it")
    return notes


def _why_no_model(name: str, config: Config, env: Mapping[str, str]) -> str:
    if config.model.name.startswith(SCRIPTED) and not name.startswith(SCRIPTED):
        return "is a real one, and the mission is scripted"
    try:
        open_models(name, api_base=config.model.api_base, env=env)
    except (SetupError, UsageError) as error:
        return f"cannot be had ({error.message})"
    return ""
