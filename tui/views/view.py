"""What every view is: it is handed pictures while it is looked at, can be narrowed, and names its own keys.

Rule 1: a view draws what it is handed. What a picture does not hold (a diff, a milestone's text) it asks of the source
        in a thread (:meth:`textual.widget.Widget.run_worker`) and draws when the answer is there.
Rule 2: only the view that is looked at is handed pictures; it is handed the newest one when it is shown again.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from tui.snapshot import Snapshot, TeamLine

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Places:
    """Where what a picture does not hold is looked up; None: there is no such place, as with a recording alone.

    ``memory`` is a folder that :meth:`onecontext.api.Memory.open` takes, ``project`` one inside the user's repository,
    ``env`` the environment of whoever looks: where the home folder is.
    """

    memory: Path | None = None
    project: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: str, env: Mapping[str, str]) -> "Places":
        """Return the places of a root of teams: only ``.onecontext`` has a memory, and lies in what is worked on."""
        folder = Path(root)
        is_ours = bool(root) and folder.name == ".onecontext"
        return cls(folder, folder.parent, env) if is_ours else cls()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and when it is looked at: ``now`` is what ages are counted from, ``zone`` None is the terminal's."""

    snapshot: Snapshot
    now: datetime
    zone: tzinfo | None = None
    places: Places = Places()

    @property
    def then(self) -> datetime | None:
        """Of a recording the time that is shown; None: it is now."""
        return self.snapshot.moment.at if self.snapshot.moment else None


@runtime_checkable
class Narrowing(Protocol):
    """A list that can be narrowed to what has all of some words."""

    words: str

    def narrow(self, words: str) -> None:
        """Show only what has all of ``words``; "" shows everything again."""


class Turned(Message):
    """A view shows another side of itself, which has keys of its own."""


class Chosen(Message):
    """Somebody wants to look at another team."""

    def __init__(self, line: TeamLine) -> None:
        super().__init__()
        self.line = line


class View(Vertical):
    """A whole screen about one thing. Subclasses compose it and draw a scene (:meth:`draw`)."""

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Its own keys and what they do, for the foot and the help, the most useful first."""

    scene: Scene | None = None

    @property
    def own_keys(self) -> tuple[tuple[str, str], ...]:
        """Those of the side of it that is shown."""
        return self.KEYS

    def show(self, scene: Scene) -> None:
        """Draw ``scene``, now or as soon as there is something to draw it on."""
        self.scene = scene
        if self.is_attached and self.children:
            self.draw(scene)

    def on_mount(self) -> None:
        if self.scene:
            self.draw(self.scene)

    @abstractmethod
    def draw(self, scene: Scene) -> None:
        """Draw ``scene``."""

    def ask(self, look: Callable[[], Found], then: Callable[[Found], None], *, about: str = "") -> None:
        """Call ``look`` in a thread and hand what it returns to ``then``, unless something else was asked meanwhile.

        ``about``: what it is asked about; only what is about the same takes the place of what was asked before.
        """

        def work() -> None:
            found = look()
            if not get_current_worker().is_cancelled:
                self.app.call_from_thread(then, found)

        self.run_worker(work, thread=True, exclusive=True, group=f"ask-{self.id}-{about}")

    def first(self) -> Widget:
        """Return the part that has the focus when the view is shown: the first that can."""
        return next(child for child in self.walk_children(Widget) if child.can_focus)

    def point_at(self, key: str) -> None:
        """Put the cursor on what has that name, in a view where something has; else nothing moves."""

    def item(self) -> Any:
        """Return what is under the cursor, for peeking and copying; None when there is nothing."""
        focused = self.app.focused
        return getattr(focused, "selected", None)
