"""A recorded run, played as if it happened now; and what is in one, for whoever wants it at once.

Rule 1: ages are counted from the newest event shown, not from the clock on the wall.
"""

from collections.abc import Callable
from pathlib import Path

from onecontext.errors import UsageError
from tui.projection import targets
from tui.projection.playhead import Order, Playhead
from tui.projection.targets import Target
from tui.snapshot import Snapshot
from tui.sources.folder import memory_of
from tui.sources.past import PastGraph
from tui.sources.player import Player, still
from tui.sources.recording import Recording, opened

END = Target("the end", targets.end)


class Replay:
    """Hands over the pictures of a recording, one after the other.

    Args:
        speed: times faster than it was; 0 shows its end.
        at: where to begin, to be looked at: paused; None plays from its first event.
        memory_path: the memory that belongs to it; None: there is none.
    """

    def __init__(
        self, recording: Recording, speed: float, *, at: Target | None = None, memory_path: Path | None = None
    ) -> None:
        self._recording = recording
        self._at = at
        self._graph = PastGraph(memory_path)
        goal = at if at or speed > 0 else END
        head = Playhead(speed=speed or 1.0, playing=goal is None, goal=goal)
        self._player = Player(recording, head, graph=self._graph)

    def catch_up(self) -> Snapshot:
        """Return the picture at its end, or where it was to begin.

        Raises:
            UsageError: there is no such place in it.
        """
        self._recording.read_all()
        return self.picture(self._at or END)

    def picture(self, target: Target) -> Snapshot:
        """Return the picture at ``target`` of a recording that was read."""
        seq = target.place(self._recording)
        if seq is None:
            raise UsageError(f"there is no {target.text} in {self._recording.path}")
        return still(self._recording, seq, self._graph)

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Play from a thread of our own."""
        self._player.start(show)

    def order(self, order: Order) -> None:
        """Have ``order`` done as soon as it can be."""
        self._player.order(order)

    def close(self) -> None:
        """Stop and wait for the thread."""
        self._player.close()


def replay_of(
    path: Path, speed: float, *, at: Target | None = None, memory_path: Path | None = None, folders: int = 0
) -> Replay:
    """Return the replay of the recording at ``path``; ``memory_path`` None: with the memory that lies where it does.

    ``folders`` and errors are those of :func:`tui.sources.recording.opened`.
    """
    return Replay(opened(path, folders=folders), speed, at=at, memory_path=memory_path or memory_of(path))
