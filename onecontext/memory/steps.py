"""STEP: one durable append to the branch's log.

Rule 1: in the usual case nothing here needs pygit2 or YAML, and the cost does not depend on what is there.
"""

from onecontext.errors import UsageError
from onecontext.memory import pending
from onecontext.memory.locking import known_tip, locked
from onecontext.memory.model import Author
from onecontext.records import Step, check_text, encode_step
from onecontext.store.layout import Layout
from onecontext.text.redact import redact


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
    with locked(layout, branch):
        known_tip(layout, branch)
        place = layout.place(branch)
        if place.shown() is not None:
            return _append(layout, branch, author, clean)
    # The branch has no work tree here yet (it was fetched or cloned): making one takes the heavier door.
    from onecontext.memory.desk import writing

    with writing(layout, branch):
        return _append(layout, branch, author, clean)


def _append(layout: Layout, branch: str, author: Author, texts: dict[str, str]) -> Step:
    place = layout.place(branch)
    made: list[Step] = []

    def encode(n: int) -> bytes:
        made.append(
            Step(
                id=author.new_id(),
                n=n,
                at=author.at(),
                agent=author.agent,
                session=author.session,
                branch=branch,
                observation=texts["observation"],
                thought=texts["thought"],
                action=texts["action"],
            )
        )
        return encode_step(made[-1])

    pending.append(layout, place, branch, encode)
    return made[-1]
