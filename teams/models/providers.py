"""Which provider answers to a model's name and which variable holds its key, known without importing litellm.

Rule 1: names are read from the data files that litellm ships; where those are missing, no name is refused.
Rule 2: a new model of a known provider is never refused: only the provider can know it.

Source: litellm 1.106.2, ``provider_endpoints_support_backup.json``, ``llms/openai_like/providers.json``,
``model_prices_and_context_window_backup.json``; the exceptions below from its ``get_llm_provider`` and providers.
"""

import difflib
import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from onecontext.errors import UnknownModel

HINT = "use PROVIDER/MODEL as litellm names them, such as anthropic/claude-sonnet-4-5, or scripted:PATH"

# Servers on one's own machine, that ask for no key.
KEYLESS = frozenset(
    {"custom", "custom_openai", "docker_model_runner", "hosted_vllm", "lemonade", "llamafile", "lm_studio", "ollama"}
    | {"ollama_chat", "oobabooga", "openai_like", "petals", "triton", "vllm", "xinference"}
)
# Clouds and subscriptions with a login of their own, which litellm finds by itself.
OWN_LOGIN = (
    *("a2a", "bedrock", "chatgpt", "databricks", "gigachat", "github_copilot", "litellm_proxy", "oci", "sagemaker"),
    *("sap", "snowflake", "vertex_ai", "watsonx"),
)
# The first is the one we name when none is set. Every other provider's is <PROVIDER>_API_KEY.
VARIABLES = {
    "ai21_chat": ("AI21_API_KEY",),
    "anthropic_text": ("ANTHROPIC_API_KEY",),
    "apertis": ("STIMA_API_KEY",),
    "azure": ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN"),
    "azure_text": ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "cohere_chat": ("COHERE_API_KEY", "CO_API_KEY"),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
    "friendliai": ("FRIENDLI_TOKEN", "FRIENDLIAI_API_KEY"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "lambda_ai": ("LAMBDA_API_KEY",),
    "meta_llama": ("LLAMA_API_KEY",),
    "nano-gpt": ("NANOGPT_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY", "OR_API_KEY"),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "text-completion-codestral": ("CODESTRAL_API_KEY",),
    "text-completion-inception": ("INCEPTION_API_KEY",),
    "text-completion-openai": ("OPENAI_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"),
    "veniceai": ("VENICE_AI_API_KEY",),
}
# In litellm's code but not in its list of endpoints.
_UNLISTED = frozenset({"gdc", "inception", "modelscope", "nadir", "tencent", "text-completion-inception", "xinference"})
_TALKS = ("chat", "completion", "responses")


def provider_of(name: str) -> str | None:
    """Return who answers to ``name``; None when litellm's files are not there to tell.

    Raises:
        UnknownModel: nobody does, or it is not a model one can talk to; near names are given.
    """
    prefix, slash, _ = name.partition("/")
    providers = _providers()
    if not providers:
        return prefix if slash else None
    if slash and prefix in providers:
        return prefix
    known = _models().get(name)
    if known is None:
        near = difflib.get_close_matches(prefix, providers) if slash else difflib.get_close_matches(name, _models())
        what = f"no provider is called {prefix!r}" if slash else f"no model is called {name!r}"
        raise UnknownModel(f"{what}; {_or(near)}" if near else what, hint=HINT)
    if known.get("mode") not in _TALKS:
        raise UnknownModel(f"{name} is a model for {known.get('mode')}, not one to talk to", hint=HINT)
    return str(known["litellm_provider"])


def key_variables(provider: str) -> tuple[str, ...]:
    """Return the environment variables that may hold the provider's key, the usual one first; empty: it needs none."""
    if provider in KEYLESS or provider.startswith(OWN_LOGIN):
        return ()
    if provider in VARIABLES:
        return VARIABLES[provider]
    listed = _data("llms/openai_like/providers.json").get(provider, {}).get("api_key_env")
    return (str(listed),) if listed else (f"{provider.upper().replace('-', '_')}_API_KEY",)


def _or(names: Iterable[str]) -> str:
    return f"did you mean {' or '.join(names)}?"


def _providers() -> frozenset[str]:
    listed = _data("provider_endpoints_support_backup.json").get("providers", {})
    talking = {name for name, entry in listed.items() if entry.get("endpoints", {}).get("chat_completions")}
    return frozenset(talking | set(_data("llms/openai_like/providers.json")) | _UNLISTED) if talking else frozenset()


def _models() -> dict[str, dict[str, Any]]:
    return _data("model_prices_and_context_window_backup.json")


@cache
def _data(path: str) -> dict[str, Any]:
    spec = find_spec("litellm")  # finds the package without running it
    for folder in (spec.submodule_search_locations if spec else None) or ():
        try:
            content = json.loads((Path(folder) / path).read_bytes())
        except (OSError, ValueError):
            continue
        return content if isinstance(content, dict) else {}
    return {}
