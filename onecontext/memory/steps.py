"""STEP: one durable append to the branch's log.

Rule 1: in the usual case nothing here needs pygit2 or YAML, and the cost does not depend on what is there.
"""

from pathlib import Path

from onecontext.errors import UsageError
from onecontext.memory import pending
from onecontext.memory.author import Author
from onecontext.memory.keeping import keep
from onecontext.memory.locking import known_tip, locked, switches
from onecontext.records import Step, check_text, encode_step
from onecontext.store.layout import Layout
from onecontext.text.redact import redact

_kept: dict[tuple[Path, str, str], "_Log"] = {}


def step(layout: Layout, branch: str, author: Author, observation: str, thought: str, action: str) -> Step:
    """Append a step; it is durable when this returns.

    Raises:
        UsageError: all three texts are empty.
        UnknownBranch: there is none of that name.
        LockTimeout: somebody else wrote the branch all the time we waited.
        OSError: full or read-only; the log is as it was.
    """
    texts = {"observation": observation, "thought": thought, "action": action}
    if not any(text.strip() for text in texts.values()):
        raise UsageError("a step needs an observation, a thought or an action")
    clean = {what: redact(check_text(text, what=what)) for what, text in texts.items()}
    key = (layout.path, branch, layout.durability)
    log: _Log | None = None

    def is_known() -> bool:
        nonlocal log
        log = _kept.pop(key, None)
        if log is not None and not log.is_unswitched():
            log = None
        return log is not None

    with locked(layout, branch, known=is_known):
        if log is None:
            known_tip(layout, branch)
            log = _Log(layout, branch) if layout.place(branch).shown() is not None else None
        if log is not None:
            made = log.append(author, clean)
            keep(_kept, key, log)
            return made
    # The branch has no work tree here yet (it was fetched or cloned): making one takes the heavier door.
    from onecontext.memory.desk import writing

    with writing(layout, branch):
        return _Log(layout, branch).append(author, clean)


class _Log:
    """The log of a branch as this process left it, for whoever holds the lock of the branch."""

    def __init__(self, layout: Layout, branch: str) -> None:
        place = layout.place(branch)
        self._layout = layout
        self._branch = branch
        self._path = pending.path_in(place, branch)
        self._switches = switches(layout, place)
        self._left: pending.Left | None = None

    def is_unswitched(self) -> bool:
        """Say whether the log is still where the branch is written; git taking the branch away is a switch, too."""
        return self._switches.is_unchanged() and self._layout.ref(self._branch).exists()

    def append(self, author: Author, texts: dict[str, str]) -> Step:
        """Append a step by ``author`` and return it."""
        made: list[Step] = []

        def encode(n: int) -> bytes:
            step = Step(
                id=author.new_id(),
                n=n,
                at=author.at(),
                agent=author.agent,
                session=author.session,
                branch=self._branch,
                observation=texts["observation"],
                thought=texts["thought"],
                action=texts["action"],
            )
            made.append(step)
            return encode_step(step)

        self._left = pending.append(self._layout, self._path, self._branch, encode, left=self._left)
        return made[0]
