"""The error tree, on one page, with the exit code of each branch.

Rule 1: every error a user can meet is one of these; what third parties raise is translated at their door.
Rule 2: a message says what *is* there and what to do, in a sentence or two, and never a command that destroys.
Rule 3: a command that ran and failed is a result, not an error.

Exit codes: 0 it worked · 1 it failed · 2 what was asked cannot be · 3 something must be set up first · 4 somebody else
was first · 5 what is on disk is damaged or too new · 6 the disk refused · 7 the model refused · 10 a mission ended
as blocked · 130 interrupted.
"""

from collections.abc import Sequence


class OneContextError(Exception):
    """Anything we report to a user. ``hint`` says what to do next, or is empty."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# --- 2: what was asked cannot be -------------------------------------------------------------------------------------


class UsageError(OneContextError):
    """The request itself is wrong: nothing was read or written."""

    exit_code = 2


class InvalidName(UsageError):
    """A branch, agent, team or task name that breaks the one rule in :mod:`onecontext.names`."""


class InvalidText(UsageError):
    """Text that no file can carry losslessly: a lone surrogate or a NUL."""


class InvalidDocument(UsageError):
    """A file that a person wrote for us (config, script, contract, skill) and that does not fit its format."""


class BrokenFrontMatter(InvalidDocument):
    """The YAML of a file cannot be read; ``line`` counts from 1, within what was read."""

    def __init__(self, message: str, *, line: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line


class UnknownBranch(UsageError):
    """No such memory branch."""

    def __init__(self, branch: str, known: Sequence[str], *, what: str = "branch") -> None:
        super().__init__(f"no {what} {branch!r}; there are {', '.join(known) or 'none'}")
        self.branch = branch
        self.known = tuple(known)


class BranchExists(UsageError):
    """A branch of that name is already there; nothing was changed."""


class CurrentBranch(UsageError):
    """What was asked cannot be done to the branch that the memory's folder shows; nothing was changed."""


class PendingSteps(UsageError):
    """A branch has steps without a milestone, which would be out of reach; nothing was changed."""


class TagExists(UsageError):
    """A tag or a branch of that name is already there; nothing was changed."""


class UnknownTag(UsageError):
    """No such tag."""


class UnknownRevision(UsageError):
    """No commit or record answers to that name."""


class AmbiguousRevision(UsageError):
    """Several commits or records begin with that prefix; ``candidates`` lists them.

    ``lines`` tells each in a line, in the same order; () where only their names are known.
    """

    def __init__(self, prefix: str, candidates: Sequence[str], lines: Sequence[str] = ()) -> None:
        super().__init__(f"{prefix!r} could be {', '.join(candidates)}; write more of it", hint="\n  ".join(lines))
        self.prefix = prefix
        self.candidates = tuple(candidates)


class AmbiguousName(UsageError):
    """Several names begin with what was given; ``candidates`` lists them."""

    def __init__(self, prefix: str, candidates: Sequence[str]) -> None:
        super().__init__(f"{prefix!r} could be {', '.join(candidates)}; write more of it")
        self.prefix = prefix
        self.candidates = tuple(candidates)


class UnknownVariable(UsageError):
    """No value has that handle (``ctx:…``), or it was collected."""


class UnknownConflict(UsageError):
    """No such conflict on the branch."""


class UnknownTask(UsageError):
    """No such task on the board."""


class UnknownMember(UsageError):
    """No such agent in the team."""


class UnknownSkill(UsageError):
    """No skill of that name was found."""


class InvalidTransition(UsageError):
    """The table of states does not allow this change; the task is as it was."""


class DependencyCycle(UsageError):
    """Tasks, or steps, that wait for each other; ``path`` names them in order, the first again at the end."""

    def __init__(self, path: Sequence[str], *, what: str = "tasks") -> None:
        super().__init__(f"these {what} wait for each other: {' → '.join(path)}")
        self.path = tuple(path)


# --- 3: something must be set up first -------------------------------------------------------------------------------


class SetupError(OneContextError):
    """The surroundings lack something we need: nothing was done."""

    exit_code = 3


class NoRepository(SetupError):
    """The folder is not inside a git repository, or the repository has no commit."""


class NoMemory(SetupError):
    """There is no memory here."""


class NoTeam(SetupError):
    """There is no such team folder."""


class NoMission(SetupError):
    """There is nothing to resume or to show."""


class NoSandbox(SetupError):
    """The sandbox that was asked for cannot be had on this machine."""


class NoCredentials(SetupError):
    """The model's provider wants a key and none was given."""


class UnknownModel(SetupError):
    """Nobody answers to that model's name."""


# --- 4: somebody else was first --------------------------------------------------------------------------------------


class Conflict(OneContextError):
    """Somebody else changed it first; what they wrote stands, ours was not written."""

    exit_code = 4


class LockTimeout(Conflict):
    """A lock stayed held by a live process for longer than we wait."""


class StaleEpoch(Conflict):
    """A claim that has since passed to somebody else: what it wanted to change is unchanged."""


class AlreadyRunning(Conflict):
    """Another process is running this mission."""


# --- 5: damaged, or newer than we are --------------------------------------------------------------------------------


REPAIR = "'onecontext doctor' tells more; 'onecontext doctor --repair' mends a memory and deletes nothing"


class Damaged(OneContextError):
    """What is on disk is not what we or others would have written; it was left as it is."""

    exit_code = 5


class DamagedDocument(Damaged, InvalidDocument):
    """A file of the memory that a person may edit, and that no longer has its form; it was left as it is."""


class NewerFormat(Damaged):
    """Written by a newer version: refused without writing."""


# --- 6: the disk refused ---------------------------------------------------------------------------------------------


class StorageError(OneContextError):
    """Full, read-only or failing storage: the state is as it was before the call."""

    exit_code = 6


# --- 7: the model refused --------------------------------------------------------------------------------------------


class ModelError(OneContextError):
    """The model gave no usable answer. ``retryable`` says whether the same call may succeed later."""

    exit_code = 7
    retryable = False


class ModelRefused(ModelError):
    """The request is wrong or not permitted (400, 401, 403): repeating it is useless."""


class ContextOverflow(ModelError):
    """The conversation is longer than the model's window."""


class ModelUnavailable(ModelError):
    """429, 5xx, a cut stream, no connection, after the retries. ``retry_after_s`` is None when nobody said."""

    retryable = True

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class ModelStalled(ModelUnavailable):
    """The stream sent nothing for the configured seconds and was given up."""


class GarbledReply(ModelError):
    """The provider answered with something that is no answer."""

    retryable = True


class ScriptExhausted(ModelError):
    """A scripted model was asked for a turn its script does not have."""


# --- 10: a mission that did not end as done ---------------------------------------------------------------------------


class BudgetExhausted(OneContextError):
    """A call of a model was not made, because it could have gone over what may be spent.

    ``kind`` and ``name`` say whose budget it is: ``mission``, ``task`` or ``agent``, and which.
    """

    exit_code = 10

    def __init__(self, message: str, *, kind: str, name: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.name = name


ENDING_EXIT_CODES = {"done": 0, "blocked": 10, "infeasible": 10, "budget_exhausted": 10, "stopped": 130}
INTERRUPTED_EXIT_CODE = 130
