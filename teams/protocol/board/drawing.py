"""The life of a task as a picture, drawn from the table: ``python -m teams.protocol.board.drawing`` prints it.

Rule 1: nothing is drawn that the table does not have, and nothing of it is left out but what changes no state.
"""

import sys
from collections.abc import Iterator

from teams.protocol.board.states import OPEN, TABLE, Action, State

_WAITS = "a task it comes after is not done"


def mermaid() -> str:
    """Return the table as a state diagram of Mermaid (https://mermaid.js.org/syntax/stateDiagram.html)."""
    lines = ["stateDiagram-v2", f"    [*] --> {OPEN}: create"]
    lines += [f"    {one} --> {other}: {_WAITS if other is State.WAITING else 'all are done'}" for one, other in _SIDES]
    lines += [f"    {one} --> {other}: {', '.join(actions)}" for (one, other), actions in _moves()]
    lines += [f"    {one} --> [*]: delete" for one in TABLE[Action.DELETE]]
    return "\n".join(lines)


_SIDES = ((State.READY, State.WAITING), (State.WAITING, State.READY))


def _moves() -> Iterator[tuple[tuple[State, State], list[str]]]:
    """Yield from where to where one gets by which actions, in the order of the states."""
    found: dict[tuple[State, State], list[str]] = {}
    for action, row in TABLE.items():
        for one, other in row.items():
            if one is not other and action is not Action.DELETE and (one, other) not in _SIDES:
                found.setdefault((one, other), []).append(action)
    order = list(State)
    yield from sorted(found.items(), key=lambda item: (order.index(item[0][0]), order.index(item[0][1])))


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
