"""Who answers to a model's name, in the words that OpenTelemetry has for it.

Source: semantic conventions for generative AI, ``gen_ai.provider.name``: where it has a word it must be that one.
"""

from functools import lru_cache

from onecontext.errors import UnknownModel
from teams.models.providers import provider_of

_WORDS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
OURS = "onecontext"
"""For scripts, commands and functions: nobody else answers."""
_NAMES = 256


@lru_cache(_NAMES)
def provider_name(model: str) -> str:
    """Return the provider of the model of that name, :data:`OURS` where none is known."""
    try:
        provider = OURS if model.startswith("scripted:") else provider_of(model)
    except UnknownModel:
        return OURS
    return _WORDS.get(provider or OURS, provider or OURS)
