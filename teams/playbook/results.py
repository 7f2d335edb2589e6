"""The result of an agent's step: a tool that takes exactly the fields of the playbook, and refuses what does not fit.

Rule 1: what is handed in is checked while the agent can still mend it: types, size, and the step's postconditions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from onecontext.text.validation import first_problem
from teams.agent.schema import compact
from teams.agent.tools import InvalidArguments, Tool
from teams.models.port import ToolSpec
from teams.playbook.types import model_of

RESULT_CHARACTERS = 20_000
NAME = "result"
PLAIN = {"summary": "str"}
"""What an agent hands in where the playbook wants nothing else."""


def result_tool(fields: Mapping[str, Any], accept: Callable[[dict[str, Any]], str]) -> Tool:
    """Return the tool ``result``, which ends the run.

    Args:
        fields: names to types (:mod:`teams.playbook.types`).
        accept: gets what fits the types; returns why it is not taken, "" where it is.
    """
    model = model_of(fields or PLAIN, name="Result")
    schema = {"type": "object", "properties": {}, **compact(model.model_json_schema(by_alias=True))}

    def call(given: Mapping[str, Any]) -> str:
        try:
            text = to_json(dict(given))
            checked = model.model_validate_json(text).model_dump(mode="json", by_alias=True)
        except ValidationError as error:
            raise InvalidArguments(first_problem(error)) from error
        except PydanticSerializationError as error:
            raise InvalidArguments("a string in them is half a character, a lone surrogate") from error
        if len(text) > RESULT_CHARACTERS:
            raise InvalidArguments(f"{len(text):,} bytes; a result has {RESULT_CHARACTERS:,}. Say it shorter.")
        if reason := accept(checked):
            raise InvalidArguments(f"not accepted: {reason}")
        return "accepted"

    spec = ToolSpec(NAME, "Hand in your result; once, at the end.", schema)
    return Tool(spec, call, ends=True, idempotent=True, effect="confined")
