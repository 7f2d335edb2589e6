"""From the name of a model to what opens its conversations, checked before any work begins.

Rule 1: an unknown name or a missing key is said at once, without the seconds that importing litellm takes.
Rule 2: the environment is handed in; a key goes to the provider and to no message, log or representation.
"""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from onecontext.errors import NoCredentials, SetupError, UnknownModel, UsageError
from teams.models.litellm_model import LitellmModel, forbid_real_requests
from teams.models.port import Conversation, OpenPriced, PricedModel
from teams.models.providers import HINT, key_variables, provider_of

__all__ = ["forbid_real_requests", "open_models"]

SCRIPTED = "scripted:"
NO_KEY = "none"  # clients of servers that ask for no key still insist on sending one
_MALWARE = ("1.82.7", "1.82.8")


def open_models(
    name: str, *, api_base: str = "", stall_s: float = 60.0, retries: int = 3, env: Mapping[str, str]
) -> OpenPriced:
    """Return what opens conversations with the model ``name``.

    Args:
        name: ``scripted:PATH``, or any name litellm knows; with ``api_base``, also any name its server knows.
        api_base: the address of the model's server; "" is the provider's own.
        stall_s: a stream that sends nothing for so many seconds is given up.
        retries: how often a call is repeated after 429, 5xx, a cut or stalled stream; 0 is never.
        env: where the provider's key is looked up.

    Raises:
        UnknownModel: nobody answers to that name.
        NoCredentials: the provider wants a key and ``env`` has none.
        SetupError: litellm is missing, or a version that must not be loaded.
        UsageError: ``api_base`` is no address. NewerFormat, InvalidDocument: the script is not one.
    """
    if name.startswith(SCRIPTED):
        from teams.models.scripted import open_script

        return open_script(Path(name.removeprefix(SCRIPTED)).expanduser())
    if not name:
        raise UnknownModel("no model is named", hint=HINT)
    _check_litellm()
    _check_address(api_base)
    route, key = _route(name, api_base, env)
    whose_server = _server(api_base) if api_base else (provider_of(name) or "")

    def open_conversation(whose: Conversation) -> PricedModel:
        return LitellmModel(
            name, route=route, key=key, api_base=api_base, provider=whose_server, stall_s=stall_s, retries=retries
        )

    return open_conversation


def _route(name: str, api_base: str, env: Mapping[str, str]) -> tuple[str, str | None]:
    """Return what litellm calls the model, and its key; None leaves it to litellm to find a login."""
    try:
        provider = provider_of(name)
    except UnknownModel:
        if not api_base:
            raise
        provider = None
    if provider is None:
        # An address and a name only its server knows: nearly all such servers speak OpenAI's protocol.
        return f"openai/{name}", env.get("OPENAI_API_KEY") or NO_KEY
    variables = key_variables(provider)
    key = next((env[variable] for variable in variables if env.get(variable)), None)
    if key is None and api_base:
        key = NO_KEY
    if key is None and variables:
        others = f" (or {', '.join(variables[1:])})" if variables[1:] else ""
        raise NoCredentials(
            f"{name} needs a key of {provider}, and {variables[0]} is not set",
            hint=f"set the environment variable {variables[0]}{others}, or name another model",
        )
    return name, key


def _server(api_base: str) -> str:
    """Return host and port of an address, without the user and the password that may stand in it."""
    return urlsplit(api_base).netloc.rpartition("@")[2]


def _check_litellm() -> None:
    try:
        found = version("litellm")
    except PackageNotFoundError as error:
        raise SetupError("litellm is not installed, so only scripted models work", hint="install litellm") from error
    if found in _MALWARE:
        # Not imported first and checked then: these run their payload when they are imported.
        raise SetupError(
            f"litellm {found} is known malware and is not loaded", hint="install another version of litellm"
        )


def _check_address(api_base: str) -> None:
    parts = urlsplit(api_base)
    if api_base and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UsageError(f"{api_base!r} is no address of a server; it begins with http:// or https://")
