"""What the screen asks of whatever gives it pictures."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from tui.snapshot import Snapshot, TeamLine


class Source(Protocol):
    """Where pictures come from (:class:`tui.sources.follow.Follower`, :class:`tui.sources.replay.Replay`)."""

    def start(self, show: Callable[[Snapshot], None]) -> None: ...
    def close(self) -> None: ...


@runtime_checkable
class Choosing(Protocol):
    """A source that knows several teams (:class:`tui.sources.several.Several`)."""

    def look_at(self, line: TeamLine) -> None: ...
