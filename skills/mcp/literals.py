"""Values that stand in a configuration: none of a secret's goes into a skill.

Rule 1: a value of a variable or header is a reference (``${NAME}``), or it goes to the vault, or it is refused, or the
        person said that it is no secret. Nobody guesses by its looks.
Rule 2: a command or an address that holds what looks like a secret is refused.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from onecontext.errors import UsageError
from onecontext.text.redact import redact
from skills.mcp.expanding import literal_parts, variables
from skills.mcp.start import Start
from skills.mcp.vault import Vault

_SCHEMES = ("", "bearer ", "basic ", "token ", "apikey ")


def settled(start: Start, *, harmless: Collection[str], vault: Vault) -> tuple[Start, dict[str, str]]:
    """Return ``start`` without literal values, and those of them that belong into the vault, by name.

    Args:
        harmless: names of variables and headers whose value the person said is no secret.

    Raises:
        UsageError: a value can be put nowhere, or a command or an address holds what looks like a secret.
    """
    for text in [" ".join(start.command), start.url]:
        if redact(text) != text or urlsplit(start.url).password:
            raise UsageError(
                "how the server is started holds what looks like a secret, and it would be written into the skill",
                hint="put it into an environment variable and write ${NAME} in its place",
            )
    secrets: dict[str, str] = {}
    kept = {
        field: {name: text for name, text in values.items() if _stays(name, text, harmless, vault, secrets)}
        for field, values in (("env", start.env), ("headers", start.headers))
    }
    return replace(start, env=kept["env"], headers=kept["headers"], stored=tuple(secrets)), secrets


def store(vault: Vault, keys: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Put the values into the vault under their keys; raises SetupError where it refuses."""
    put: Callable[[str, str], None] = vault.set
    for name, value in secrets.items():
        put(keys[name], value)


def _stays(name: str, text: str, harmless: Collection[str], vault: Vault, secrets: dict[str, str]) -> bool:
    if name in harmless or literal_parts(text).lower() in _SCHEMES:
        return True
    if vault.is_lasting and not variables([text]):
        secrets[name] = text.replace("$${", "${")
        return False
    why = "" if vault.is_lasting else "; there is no keyring to keep it in"
    raise UsageError(
        f"the value of {name} is written out, and no value goes into a skill{why}",
        hint=f"set it in your environment and say --env or --header with '${{{_variable(name)}}}', "
        f"or, if it is no secret, --not-secret {name}",
    )


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
