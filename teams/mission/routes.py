"""From ``[model]`` of a configuration to what opens each conversation, every model looked up once.

Rule 1: all names and keys are checked before anything starts, whether a model will be asked or not.
"""

from collections.abc import Mapping

from onecontext.errors import SetupError
from teams.mission.config import Config, ModelConfig
from teams.models.port import Conversation, OpenPriced
from teams.models.registry import open_models
from teams.models.routing import FellBack, Resting, Routes, by_name, cascade, model_for


def open_routes(config: Config, env: Mapping[str, str]) -> Routes:
    """Return the way to every model that is configured, each looked up once.

    Raises:
        SetupError: none was named, nobody answers to a name, or its key is missing.
    """
    model = config.model
    if not model.name:
        raise SetupError(
            "no model was named",
            hint="say --model anthropic/claude-sonnet-4-5 (or any litellm name, or scripted:FOLDER), "
            "or set [model] name in onecontext.toml",
        )
    wanted = list(dict.fromkeys([model.name, *model.roles.values(), *model.difficulty.values()]))
    opened = {
        name: open_models(name, api_base=model.api_base, stall_s=model.stall_s, retries=model.retries, env=env)
        for name in dict.fromkeys([*wanted, *model.fallback, *model.overflow])
    }
    resting = Resting()

    def routes(fell_back: FellBack) -> OpenPriced:
        def named(whose: Conversation) -> str:
            return model_for(whose, default=model.name, roles=model.roles, difficulty=model.difficulty)

        return by_name(named, {name: _with_others(name, model, opened, resting, fell_back) for name in wanted})

    return routes


def _with_others(
    wanted: str, model: ModelConfig, opened: Mapping[str, OpenPriced], resting: Resting, fell_back: FellBack
) -> OpenPriced:
    """Return what opens conversations with ``wanted``, and with others where it cannot answer."""
    names = list(dict.fromkeys([wanted, *model.fallback]))
    larger = [name for name in dict.fromkeys(model.overflow) if name != wanted]
    if len(names) == 1 and not larger:
        return opened[wanted]
    return cascade(
        [(name, opened[name]) for name in names],
        overflow=[(name, opened[name]) for name in larger],
        resting=resting,
        rest_s=model.rest_s,
        fell_back=fell_back,
    )
