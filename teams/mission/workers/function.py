"""A Python function as a worker: called with the assignment, in this process; what it returns is the handoff.

Rule 1: it is the person's own code, with their rights. It can be given sandboxed tools: ``assignment.kit``.
Rule 2: what it raises is an attempt that came to nothing, told to who judges; only what no attempt could mend, and a
    model that cannot be reached, ends more.
Rule 3: a function cannot be interrupted: its end is waited for. One that runs long looks at ``assignment.stop``.
"""

from collections.abc import Callable

from onecontext.errors import BudgetExhausted, ModelError, OneContextError
from teams.agent.observer import storable_head
from teams.agent.tools import STOPPING
from teams.mission.tools import Finished
from teams.mission.workers.port import Assignment, Report

Function = Callable[[Assignment], str | Finished | None]


class FunctionWorker:
    """Calls ``function`` for each attempt, from several threads at once where several work."""

    def __init__(self, function: Function, *, name: str = "") -> None:
        self._function = function
        self.name = name or f"function {getattr(function, '__name__', type(function).__name__)}"

    def work(self, assignment: Assignment) -> Report:
        """Call the function; see :meth:`teams.mission.workers.port.Worker.work`."""
        if not assignment.may_begin():
            return Report("stopped", Finished(""))
        assignment.recorder(self.name, False).state("tool", storable_head(self.name)[:200])
        try:
            returned = self._function(assignment)
        except (*STOPPING, ModelError, BudgetExhausted):
            raise
        except OneContextError as error:
            return self._failed(error.message)
        except Exception as error:  # noqa: BLE001  # anybody's code: who judges is told, and other tasks go on
            return self._failed(" ".join(f"{type(error).__name__}: {error}".split()))
        if assignment.stop.is_set():
            return Report("stopped", Finished(""))
        if isinstance(returned, Finished):
            return Report("finished", returned)
        if not isinstance(returned, str | None):
            return self._failed(f"it returned {type(returned).__name__}, which is neither text nor Finished")
        return Report("finished", Finished(storable_head(returned or "")))

    def _failed(self, why: str) -> Report:
        return Report("unfinished", Finished("", undone=[storable_head(f"{self.name} failed: {why}")]))
