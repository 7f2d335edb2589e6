"""The approvals: what waits for a person's word, with the exact action beside it; below, folded, what was decided."""

from collections.abc import Hashable
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.rows.approvals import Asked, Fold, fold_row, request_row
from tui.rows.detail import Paragraph
from tui.rows.spans import Spans
from tui.snapshot import Request
from tui.views.beside import Beside
from tui.views.lines import Lines
from tui.views.view import Scene


def _late(request: Request, now: datetime) -> bool:
    """Say whether nobody can approve it any more."""
    return request.expires_at is not None and request.expires_at <= now


class Approvals(Lines[Asked | Fold]):
    """A row for each request that waits, what expires first on top, what has expired below; then what was decided."""

    noun = "request"
    empty_words = "nobody asks for anything"
    now = datetime.fromtimestamp(0, UTC)
    zone: tzinfo | None = None
    unfolded = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "fold", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self._requests: tuple[Request, ...] = ()

    def show(self, scene: Scene) -> None:
        """Show the requests of ``scene``."""
        self.now, self.zone, self._requests = scene.now, scene.zone, scene.snapshot.requests
        waiting = [one for one in self._requests if one.approved is None]
        decided = [one for one in reversed(self._requests) if one.approved is not None]
        waiting.sort(
            key=lambda one: (_late(one, self.now), not one.ours, one.expires_at is None, one.expires_at or one.at)
        )
        mine = sum(one.ours and not _late(one, self.now) for one in waiting)
        self.count("", f"{mine:,} {'waits' if mine == 1 else 'wait'} for you" if self._requests else "")
        below: list[Asked | Fold] = [Fold(len(decided), self.unfolded)] if decided else []
        shown = [*map(Asked, waiting), *below, *(map(Asked, decided) if self.unfolded else ())]
        self.show_items(shown)

    def _urgency(self, one: Request) -> tuple[bool, bool, bool, datetime]:
        return _late(one, self.now), not one.ours, one.expires_at is None, one.expires_at or one.at

    def action_fold(self) -> None:
        """Show what was decided, or hide it."""
        self.unfolded = not self.unfolded
        view = self.query_ancestor(AskedView)
        if view.scene is not None:
            self.show(view.scene)

    def row(self, item: Asked | Fold, cells: int) -> Spans:
        if isinstance(item, Fold):
            return fold_row(item)
        return request_row(item.request, cells, now=self.now, zone=self.zone)

    def key(self, item: Asked | Fold) -> object:
        return "decided" if isinstance(item, Fold) else (item.request.id, item.request.decided_at)


class AskedView(Beside):
    """Requests, and the one under the cursor in full."""

    KEYS = (("+", "approve"), ("-", "deny"), ("!", "acts"), ("d", "decided"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "app.act('approve')", show=False),
        Binding("minus", "app.act('deny')", show=False),
    ]

    opens_text = False

    def __init__(self, **where: Any) -> None:
        super().__init__(Approvals(), **where)
        self.list.border_title = "8 approvals"

    def show_list(self, scene: Scene) -> None:
        self.list.show(scene)
        # Where nobody asked one box says so: a second would be empty.
        self.text.set_class(not scene.snapshot.requests, "needless")

    def name_of(self, item: Any) -> Hashable:
        return item if isinstance(item, Asked | Fold) else None

    def title_of(self, item: Any) -> str:
        title: str = item.told(None)[0]
        return title

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        paragraphs: list[Paragraph] = item.told(scene.zone)[1]
        return paragraphs
