"""From ``[model]`` of a configuration to what opens each conversation, every model looked up once.

Rule 1: all names and keys are checked before anything starts, whether a model will be asked or not.
"""

from collections.abc import Mapping

from onecontext.errors import SetupError
from teams.mission.config import Config, ModelConfig, RateConfig
from teams.models.patient import patient
from teams.models.port import Conversation, OpenPriced
from teams.models.rates import Limiter
from teams.models.registry import open_models
from teams.models.routing import FellBack, Resting, Routes, Surroundings, by_name, cascade, model_for


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
        # What is repeated, and when, is decided outside of them, where it can be told, held and stopped.
        name: open_models(name, api_base=model.api_base, stall_s=model.stall_s, retries=0, env=env)
        for name in dict.fromkeys([*wanted, *model.fallback, *model.overflow])
    }
    resting = Resting()

    def routes(around: Surroundings) -> OpenPriced:
        def named(whose: Conversation) -> str:
            return model_for(whose, default=model.name, roles=model.roles, difficulty=model.difficulty)

        asked = {name: _limited(name, open_model, model, around) for name, open_model in opened.items()}
        return by_name(named, {name: _with_others(name, model, asked, resting, around.fell_back) for name in wanted})

    return routes


def _limited(name: str, open_model: OpenPriced, model: ModelConfig, around: Surroundings) -> OpenPriced:
    """Return what opens conversations that ask ``name`` no more often than they may."""
    limiter = Limiter(name, model.limits.get(name, RateConfig()).rate, around.rates)
    return patient(open_model, limiter, retries=model.retries, waiting=around.waiting)


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
