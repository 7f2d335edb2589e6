"""A span that is not over yet."""

from dataclasses import dataclass

from teams.tracing.span import Kind, Place, Span, Value


@dataclass(slots=True)
class Opened:
    """Like :class:`teams.tracing.span.Span`; ``lasts``: it is an attempt, which says itself when it ends."""

    name: str
    place: Place
    parent: Place | None
    start_ns: int
    attributes: dict[str, Value]
    kind: Kind = "internal"
    link: Place | None = None
    lasts: bool = False

    def end(self, end_ns: int, *, error: str = "", why: str = "", **more: Value) -> Span:
        """Return it as it is over; ``more`` are attributes that are known only now."""
        attributes = self.attributes | more | ({"error.type": error} if error else {})
        end_ns = max(end_ns, self.start_ns)
        return Span(
            self.name, self.kind, self.place, self.parent, self.start_ns, end_ns, attributes, error, why, self.link
        )
