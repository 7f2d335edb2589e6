"""What becomes of a task when what was done for it ended in an error.

Rule 1: a model that cannot be reached, a conflict, a branch that is checked out: the task rests, and that is no
    attempt.
Rule 2: what the same task would meet again blocks it, with the reason.
Rule 3: a refusal that every task would meet (a wrong key, a full disk, a damaged journal) ends the serving.
"""

from typing import Literal, NamedTuple

from onecontext.errors import (
    BudgetExhausted,
    Conflict,
    InvalidDocument,
    InvalidName,
    InvalidText,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    OneContextError,
    UsageError,
)
from teams.serving.branches import NoCommonGround


class Remedy(NamedTuple):
    """What is to be done: nothing, ``rest`` for ``least_s`` seconds or more, ``block``, or ``raise`` it."""

    do: Literal["nothing", "rest", "block", "raise"]
    why: str = ""
    least_s: float = 0.0


class Failing:
    """Knows what to do about errors. ``spent`` says which worker may spend nothing more, "" while none was refused."""

    def __init__(self) -> None:
        self.spent = ""

    def remedy(self, error: BaseException) -> Remedy:
        """Return what is to be done about ``error``."""
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, BudgetExhausted):
            return self._spent(error)
        if isinstance(error, ModelError):
            return _of_a_model(error, why)
        if isinstance(error, NoCommonGround | InvalidText | InvalidName | InvalidDocument):
            return Remedy("block", why if isinstance(error, UsageError) else error.message)
        if isinstance(error, UsageError | Conflict) and isinstance(error, OneContextError):
            return Remedy("rest", error.message)
        return Remedy("raise", why)

    def _spent(self, error: BudgetExhausted) -> Remedy:
        if error.kind == "task":
            return Remedy("block", error.message)
        if not error.name:
            # The call was not made because of the stop: nobody was refused anything.
            return Remedy("nothing")
        if error.kind == "agent":
            self.spent = error.message
            return Remedy("nothing")
        return Remedy("raise", error.message)


def _of_a_model(error: ModelError, why: str) -> Remedy:
    if isinstance(error, ModelUnavailable):
        return Remedy("rest", why, error.retry_after_s or 0.0)
    if error.retryable:
        return Remedy("rest", why)
    return Remedy("raise" if isinstance(error, ModelRefused) else "block", why)
