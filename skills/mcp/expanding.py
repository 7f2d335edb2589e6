"""``${NAME}`` and ``${NAME:-default}`` in how a server is started, as the clients of the protocol write them.

Rule 1: a file of ours holds the templates, never what they become: values are looked up when a server is started.
Rule 2: ``$${`` is ``${`` itself. Anything else with a dollar sign is left as it is.

Source: "Environment variable expansion in .mcp.json", code.claude.com/docs/en/mcp.
"""

import re
from collections.abc import Iterable, Mapping

from onecontext.errors import SetupError

_REFERENCE = re.compile(
    r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}", re.ASCII
)


def expanded(template: str, env: Mapping[str, str]) -> str:
    """Return ``template`` with each reference replaced by the variable's value, else by its default.

    Raises:
        SetupError: a variable without default is not set; the message names it.
    """

    def value(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        name, default = match["name"], match["default"]
        # As in a shell, ":-" gives the default for an empty variable, too.
        found = env.get(name) if default is None else env.get(name) or default
        if found is None:
            raise SetupError(f"the environment variable {name} is not set, and the server is started with it")
        return found

    return _REFERENCE.sub(value, template)


def variables(templates: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the variables that the templates refer to, each once, in their order."""
    found = (match["name"] for text in templates for match in _REFERENCE.finditer(text) if match["name"])
    return tuple(dict.fromkeys(found))


def literal_parts(template: str) -> str:
    """Return what a template says itself: its text without the references, and the defaults in them."""
    return _REFERENCE.sub(lambda match: "${" if match["escaped"] else match["default"] or "", template)


def escaped(text: str) -> str:
    """Return a template that becomes ``text`` whatever is set."""
    return text.replace("${", "$${")
