"""From the name of a model to what opens its conversations, checked before any work begins.

Rule 1: an unknown name or a missing key is said at once, without the seconds that importing litellm takes.
Rule 2: the environment is handed in; a key goes to the provider and to no message, log or representation.
"""

from collections.abc import Mapping
from pathlib import Path

from onecontext.errors import UnknownModel
from teams.models.port import OpenModel

SCRIPTED = "scripted:"


def open_models(
    name: str, *, api_base: str = "", stall_s: float = 60.0, retries: int = 3, env: Mapping[str, str]
) -> OpenModel:
    """Return what opens conversations with the model ``name``.

    Args:
        name: ``scripted:PATH``, or any name litellm knows.
        api_base: the address of the model's server; "" is the provider's own.
        stall_s: a stream that sends nothing for so many seconds is given up.
        retries: how often a call is repeated after 429, 5xx, a cut or stalled stream; 0 is never.
        env: where the provider's key is looked up.

    Raises:
        UnknownModel: nobody answers to that name.
        NoCredentials: the provider wants a key and ``env`` has none.
        NewerFormat, InvalidDocument: the script is not one.
    """
    if name.startswith(SCRIPTED):
        from teams.models.scripted import open_script

        return open_script(Path(name.removeprefix(SCRIPTED)).expanduser())
    raise UnknownModel(f"nobody answers to the model name {name!r}", hint="see docs/models.md")
