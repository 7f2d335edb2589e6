"""Tools: plain functions, as the model sees them and as the loop calls them.

Rule 1: what the model sees comes from the function's name, annotations and docstring, and from nowhere else.
Rule 2: arguments are checked against the annotations before the function runs.
Rule 3: what goes wrong in a tool is told to the model in one sentence; only what no model could mend stops the agent.
Rule 4: a tool says whether what it does outlives the working copy. Who says nothing says yes: after a crash nobody may
    then do it again unasked.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from onecontext.errors import Conflict, Damaged, SetupError, StorageError, UsageError
from teams.agent.arguments import arguments_of, written
from teams.agent.schema import described
from teams.models.port import ToolSpec

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_SHOWN = 500

Effect = Literal["confined", "outlives"]

# The disk, a lock, a claim that passed to somebody else, a sandbox that is gone: nothing a model says next can help.
STOPPING = (StorageError, Damaged, Conflict, SetupError)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what the model sees, and what is called with the arguments as a JSON object (keys are parameter names).

    ``ends``: a call that succeeds ends the run. ``idempotent``: calling it again after a crash does no harm.
    ``effect``: ``confined`` reads, or changes a working copy that is thrown away; ``outlives`` may do anything else.
    ``polls``: it is made for waiting, so that the same call may bring the same result more often; a function says so of
    the arguments.
    """

    spec: ToolSpec
    call: Callable[[Mapping[str, Any]], object]
    ends: bool = False
    idempotent: bool = False
    polls: bool | Callable[[Mapping[str, Any]], bool] = False
    effect: Effect = "outlives"

    def waits(self, arguments: str) -> bool:
        """Say whether a call with these arguments, as the model wrote them, waits for something.

        Raises:
            InvalidArguments: they are no JSON object. What the function of ``polls`` raises, which is anybody's code.
        """
        return self.polls if isinstance(self.polls, bool) else self.polls(parse_arguments(arguments))


class Outcome(NamedTuple):
    """What a call came to: whether the tool did what it is for, and the text for the model."""

    ok: bool
    text: str


class InvalidArguments(ValueError):
    """Arguments that do not fit the tool; the message is for the model."""


def tool_from(
    function: Callable[..., object],
    *,
    name: str | None = None,
    ends: bool = False,
    idempotent: bool = False,
    polls: bool | Callable[[Mapping[str, Any]], bool] = False,
    effect: Effect = "outlives",
) -> Tool:
    """Make a tool of a plain function.

    Args:
        function: its annotations become the schema (str, int, float, bool, list, dict, Literal, Optional, pydantic
            models), its Google style docstring the descriptions; a parameter without annotation takes anything.
        name: what the model calls it; None is the function's own name.
        ends: a call that succeeds ends the run.
        idempotent: calling it again after a crash does no harm.
        polls: it is made for waiting; see :class:`Tool`.
        effect: ``confined`` where it only reads, or changes what is thrown away with the working copy.

    Raises:
        UsageError: no tool can be made of it; the message names the function and the reason.
    """
    called = name or str(getattr(function, "__name__", ""))
    if not _NAME.fullmatch(called):
        raise UsageError(f"{called!r} cannot name a tool; give it a name of letters, digits, - and _")
    if inspect.iscoroutinefunction(function):
        raise UsageError(f"the tool {called} is a coroutine function; tools are plain functions")
    parts = described(written(function))
    arguments, parameters = arguments_of(function, called, parts.parameters)
    names = {slot: field.alias or slot for slot, field in arguments.model_fields.items()}

    def call(given: Mapping[str, Any]) -> object:
        try:
            # Through JSON, so that strict models below accept what JSON can say (a list for a tuple, say).
            checked = arguments.model_validate_json(to_json(dict(given)))
        except ValidationError as error:
            raise InvalidArguments(_problems(error)) from error
        except PydanticSerializationError as error:
            raise InvalidArguments("a string in them is half a character, a lone surrogate") from error
        return function(**{names[slot]: getattr(checked, slot) for slot in checked.model_fields_set})

    return Tool(ToolSpec(called, parts.text, parameters), call, ends, idempotent, polls, effect)


def parse_arguments(text: str) -> dict[str, Any]:
    """Return the JSON object a model wrote as arguments; nothing at all counts as an empty one.

    Raises:
        InvalidArguments: it is no JSON, or no object.
    """
    try:
        arguments = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise InvalidArguments(f"they are not valid JSON ({error})") from error
    if not isinstance(arguments, dict):
        raise InvalidArguments(f"they are {type(arguments).__name__}, not a JSON object")
    return arguments


def digest_of(arguments: Mapping[str, Any]) -> str:
    """Return 32 hex digits that are the same for the same arguments, however they are ordered and spaced."""
    canonical = json.dumps(arguments, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:32]


def digest_of_text(text: str) -> str:
    """Return the digest of arguments as a model wrote them; of what is no JSON object, that of its characters."""
    try:
        return digest_of(parse_arguments(text))
    except (InvalidArguments, RecursionError):
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def invoke(
    tool: Tool, arguments: str, *, limit_characters: int, fit: Callable[[str, int], str] | None = None
) -> Outcome:
    """Call ``tool`` with the arguments as the model wrote them; whatever it raises becomes text for the model.

    Args:
        fit: makes a result that is longer than the limit one that fits; None: it is cut in the middle.

    Raises:
        StorageError, Damaged, Conflict, SetupError: from the tool, since no model can mend them. Whether the tool's
            effect took place is then not known.
    """
    try:
        returned = tool.call(parse_arguments(arguments))
        return Outcome(True, (fit or cut)(as_text(returned), limit_characters))
    except STOPPING:
        raise
    except InvalidArguments as error:
        return Outcome(False, cut(f"error: wrong arguments for {tool.spec.name}: {error}", limit_characters))
    except Exception as error:  # noqa: BLE001  # a tool is anybody's code, and its failure is the model's to deal with
        return Outcome(False, f"error: {_sentence(error)}")


def waits_for_something(tool: Tool, arguments: str, outcome: Outcome) -> tuple[bool, Outcome]:
    """Say whether the call that came to ``outcome`` waits for something, and return what it came to.

    A call of which that cannot be said does not; where the call itself was right, its text then says why.
    """
    try:
        return tool.waits(arguments), outcome
    except Exception as error:  # noqa: BLE001  # anybody's code, asked about anything a model writes; it is told below
        note = f"\n[whether {tool.spec.name} waits here could not be said: {_sentence(error)}]" if outcome.ok else ""
        return False, outcome._replace(text=outcome.text + note)


def as_text(value: object) -> str:
    """Return a tool's result as text: strings as they are, None as ``ok``, everything else as JSON."""
    if value is None:
        return "ok"
    text = value if isinstance(value, str) else to_json(value, fallback=str).decode("utf-8")
    # A lone surrogate has no UTF-8 form and would break the request to the model.
    return text.encode("utf-8", "replace").decode("utf-8") or "(empty)"


def cut(text: str, limit_characters: int) -> str:
    """Return ``text``, or its head and tail with the number of characters left out between them."""
    if len(text) <= limit_characters:
        return text
    head = limit_characters * 2 // 3
    tail = limit_characters - head
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[… {left_out:,} of {len(text):,} characters left out …]\n{text[len(text) - tail :]}"


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'they'}: {problem['msg']}" for problem in found[:5])


def _sentence(error: Exception) -> str:
    told = " ".join(str(error).split())
    text = f"{type(error).__name__}: {told}" if told else type(error).__name__
    return cut(text, _SHOWN).encode("utf-8", "replace").decode("utf-8")
