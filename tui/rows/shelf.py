"""All skills of a project as values, and what they cost together.

Rule 1: what could not be counted is unknown, never zero.
Rule 2: a bar never stands alone: the figures stand beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tui.rows.spans import Spans, piece
from tui.words import Look

STATES: Mapping[str, Look] = {
    "kept": Look("✓", "loaded", "good"),
    "shortened": Look("◐", "shortened", "warn"),
    "left out": Look("×", "left out", "bad"),
    "native": Look("▸", "native", "info"),
    "by hand": Look("‖", "by hand", "dim"),
    "shadowed": Look("◌", "shadowed", "dim"),
    "problem": Look("■", "problem", "bad"),
    "gone": Look("?", "not found", "warn"),
}
"""What an agent sees of a skill; ``by hand``: only a person opens it; ``gone``: used in this run, and not there now."""
WIDE = 100  # cells


@dataclass(frozen=True, slots=True)
class Shelved:
    """A skill, or what should be one.

    Attributes:
        state: a name of :data:`STATES`; why: in a sentence, "" where there is nothing to say.
        trust: a name of :data:`TRUSTS`: whether commands in it may run; "" where that does not arise.
        line_tokens, body_tokens: in the catalogue, and when it is opened; None: unknown.
        tools, schema_tokens: of an MCP server: how many it has, and what their schemas would cost; None: it is none.
        path: of its document; mend: what to change, where something is wrong.
    """

    name: str
    state: str
    source: str = ""
    description: str = ""
    path: str = ""
    why: str = ""
    mend: str = ""
    trust: str = ""
    line_tokens: int | None = None
    body_tokens: int | None = None
    tools: int | None = None
    schema_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """All of them. ``tokens`` of the catalogue as agents see it, of ``budget``; ``troubles``: what was not read.

    ``call_tokens``: what the tool costs by which agents call servers; 0 where there is none to be called.
    """

    skills: tuple[Shelved, ...] = ()
    tokens: int = 0
    budget: int = 0
    counter: str = ""
    troubles: tuple[str, ...] = ()
    call_tokens: int = 0


def shelf_rows(shelf: Shelf, cells: int) -> list[Spans]:
    """Return what the catalogue costs against its budget, what bodies would, what MCP servers save, and troubles."""
    if not shelf.counter:
        return [[piece(trouble, "warn")] for trouble in shelf.troubles] or [[("looking for skills …", "dim")]]
    return [
        _catalogue(shelf, cells),
        _bodies(shelf),
        _servers(shelf),
        *([piece(one, "warn")] for one in shelf.troubles),
    ]


def _catalogue(shelf: Shelf, cells: int) -> Spans:
    size = 24 if cells >= WIDE else 10
    share = min(1.0, shelf.tokens / shelf.budget) if shelf.budget else 0.0
    filled = round(size * share)
    tone = "warn" if share >= 0.9 else "good"
    spans: Spans = [("catalogue ", "dim"), ("━" * filled, tone), ("━" * (size - filled), "faint"), ("  ", "plain")]
    spans.append(piece(f"{shelf.tokens:,} of {shelf.budget:,} tokens", "bold"))
    for state in ("kept", "shortened", "left out"):
        face, count = STATES[state], sum(one.state == state for one in shelf.skills)
        word = f" {face.word}" if cells >= WIDE or count else ""
        spans.append((f"  {face.glyph} {count:,}{word}", face.tone if count else "dim"))
    return [*spans, piece(f"  by {shelf.counter}", "dim")] if cells >= WIDE else spans


def _bodies(shelf: Shelf) -> Spans:
    bodies = [one.body_tokens for one in shelf.skills if one.body_tokens is not None and one.state != "shadowed"]
    others = {state: sum(one.state == state for one in shelf.skills) for state in ("shadowed", "problem")}
    spans: Spans = [("bodies    ", "dim"), piece(f"{sum(bodies):,} tokens", "plain")]
    spans.append((f" if all {len(bodies):,} were opened" if bodies else "", "dim"))
    for state, count in others.items():
        face = STATES[state]
        spans += [(f"  {face.glyph} {count:,} {face.word}", face.tone)] if count else []
    return spans


def _servers(shelf: Shelf) -> Spans:
    servers = [one for one in shelf.skills if one.tools is not None and one.state != "shadowed"]
    if not servers:
        return [("MCP       ", "dim"), ("no server is imported as a skill", "dim")]
    tools = sum(one.tools or 0 for one in servers)
    counted_ones = [one for one in servers if one.schema_tokens is not None]
    schemas = sum(one.schema_tokens or 0 for one in counted_ones)
    now = shelf.call_tokens + sum(
        (one.schema_tokens if one.state == "native" else one.line_tokens) or 0 for one in counted_ones
    )
    number = f"{len(servers):,} server{'s' if len(servers) != 1 else ''}, {tools:,} tools: "
    spans: Spans = [("MCP       ", "dim"), piece(number)]
    spans.append(piece(f"{schemas:,} tokens of schemas → {now:,}", "bold"))
    if shelf.call_tokens:
        spans.append(piece(f", {shelf.call_tokens} of them to call", "dim"))
    spans.append(piece(f"  {1 - now / schemas:.0%} less" if schemas > now else "", "good"))
    unknown = len(servers) - len(counted_ones)
    return [*spans, piece(f"  {unknown:,} unknown", "warn")] if unknown else spans
