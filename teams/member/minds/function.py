"""A Python function as the mind of a member.

Rule 1: what the function raises is told to who asked; only what no asker could mend ends the member.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from onecontext.errors import OneContextError, UsageError
from teams.agent.tools import STOPPING
from teams.member.mind import Answer, Asked
from teams.protocol.config import Member
from teams.protocol.mail.message import Message

Function = Callable[[Message], str | None]


class FunctionMind:
    """Asks ``function``; None and "" are nothing to say. A function cannot be interrupted: its end is waited for."""

    def __init__(self, function: Function) -> None:
        self._function = function

    def begin(self, me: Member) -> None:
        """Nothing to do: the function does not need to know."""

    def answer(self, asked: Asked) -> Answer:
        """Call the function with the message; see :meth:`teams.member.mind.Mind.answer`."""
        try:
            said = self._function(asked.message)
        except STOPPING:
            raise
        except OneContextError as error:
            return Answer(missing=error.message)
        except Exception as error:  # noqa: BLE001  # anybody's code: who asked is told, and other mail must not wait
            return Answer(missing=" ".join(f"{type(error).__name__}: {error}".split()))
        if not isinstance(said, str | None):
            return Answer(missing=f"the function returned {type(said).__name__}, which is no text")
        return Answer(said or "")

    def stay(self, asked: Asked) -> str:
        """Let the member end."""
        return ""

    def stop(self) -> None:
        """Do nothing: the function is waited for."""


def load_function(name: str, folder: Path) -> Callable[..., Any]:
    """Return the function ``module:function``, its module looked for in ``folder`` first.

    Raises:
        UsageError: there is none; the message says what was found.
    """
    module_name, colon, function_name = name.partition(":")
    if not (module_name and colon and function_name):
        raise UsageError(f"{name!r} is not MODULE:FUNCTION", hint="such as helpers:answer, of the file helpers.py")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f"no module {error.name!r}, looked for in {folder} and where Python looks") from error
    except Exception as error:  # the module is a person's own code, who must read what it broke on
        raise UsageError(f"{module_name} cannot be imported: {type(error).__name__}: {error}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        known = ", ".join(key for key, value in vars(module).items() if callable(value) and not key.startswith("_"))
        raise UsageError(f"{module_name} has no function {function_name!r}; there are {known or 'none'}")
    # Whatever it is, it can be called; what it returns is checked by who calls it.
    return cast(Callable[..., Any], function)
