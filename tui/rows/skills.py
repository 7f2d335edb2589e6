"""The skills of a project, one a row: where each comes from, what agents see of it, what it costs, and who opened it.

Rule 1: what could not be counted is unknown, never zero.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from tui.rows.detail import Paragraph
from tui.rows.query import Facts
from tui.rows.shelf import STATES, Shelf, Shelved
from tui.rows.spans import Column, Spans, cell, layout, table_row
from tui.snapshot import SkillUse
from tui.words import Look, clock, look

TRUSTS: Mapping[str, Look] = {
    "bundled": Look("≡", "bundled", "good"),
    "trusted": Look("✓", "trusted", "good"),
    "changed": Look("▲", "changed", "warn"),
    "untrusted": Look("–", "untrusted", "dim"),
}
ORDERS = ("name", "line", "body", "used")
COLUMNS = (
    Column("state", 11),
    Column("skill", 0),
    Column("from", 29, keep=1),
    Column("commands", 11, keep=2),
    Column("tools", 5, keep=3, right=True),
    Column("schemas", 8, keep=4, right=True),
    Column("line", 5, right=True),
    Column("body", 7, right=True),
    Column("used", 18, keep=5),
)
NAME_CELLS = 22


class Row(NamedTuple):
    """A skill, and who opened it in this run."""

    skill: Shelved
    use: SkillUse

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return all there is to know about it."""
        skill, use = self
        face, trust = look(dict(STATES), skill.state), look(dict(TRUSTS), skill.trust)
        told = [
            Paragraph("", skill.name, "bold"),
            Paragraph("state", f"{face.glyph} {face.word}" + (f": {skill.why}" if skill.why else ""), face.tone),
            Paragraph("mend", skill.mend, "accent"),
            Paragraph("from", skill.source),
            Paragraph("file", skill.path, "accent"),
            Paragraph("commands", f"{trust.glyph} {trust.word}", trust.tone) if skill.trust else Paragraph("", ""),
            Paragraph("line", f"{counted(skill.line_tokens)} tokens in the catalogue"),
            Paragraph("body", f"{counted(skill.body_tokens)} tokens when it is opened"),
        ]
        if skill.tools is not None:
            told.append(Paragraph("MCP", f"{skill.tools:,} tools: {counted(skill.schema_tokens)} tokens of schemas"))
        by = ", ".join(f"{agent or 'nobody'} {times}×" for agent, times in sorted(use.by.items()))
        last = f"; last at {clock(use.last_at, zone)}" if use.last_at else ""
        told += [Paragraph("used", f"{by}{last}" if by else "by nobody in this run"), Paragraph("", "")]
        told.append(Paragraph("", skill.description or "it says nothing about itself"))
        return "skill", [one for one in told if one.text or not one.label]


def counted(tokens: int | None) -> str:
    """Return a number of tokens; unknown where nobody counted."""
    return "unknown" if tokens is None else f"{tokens:,}"


def rows_for(shelf: Shelf, uses: Sequence[SkillUse], order: str) -> list[Row]:
    """Return a row for each skill in ``order``, a name of :data:`ORDERS`; the dearest, or the most used, first."""
    by_name = {use.name: use for use in uses}
    rows = [
        Row(one, by_name.get(one.name, SkillUse(one.name)) if one.state != "shadowed" else SkillUse(one.name))
        for one in shelf.skills
    ]
    known = {one.name for one in shelf.skills}
    if shelf.counter:  # before they are found none of them is gone
        rows += [
            Row(Shelved(use.name, "gone", why="nothing of that name is found now"), use)
            for use in uses
            if use.name not in known
        ]
    keys = {
        "line": lambda row: -(row.skill.line_tokens or 0),
        "body": lambda row: -(row.skill.body_tokens or 0),
        "used": lambda row: -row.use.times,
    }
    rows.sort(key=lambda row: (row.skill.name, row.skill.state))
    return sorted(rows, key=keys[order]) if order in keys else rows


def skill_facts(row: Row) -> Facts:
    """Return the fields that the skills can be narrowed by."""
    skill = row.skill
    return {
        "state": look(dict(STATES), skill.state).word,
        "from": skill.source or None,
        "commands": skill.trust or None,
        "tools": skill.tools,
        "line": skill.line_tokens,
        "body": skill.body_tokens,
        "used": row.use.times or None,
    }


def skill_heading(order: str, cells: int) -> Spans:
    """Return the titles; what it is sorted by is marked."""
    mark = {"name": "skill"}.get(order, order)
    titles = {
        column.title: (
            f"{column.title}▾" if column.title == mark else column.title,
            "bold" if column.title == mark else "dim",
        )
        for column in COLUMNS
    }
    return table_row(COLUMNS, layout(COLUMNS, cells), titles)


def skill_row(row: Row, cells: int) -> Spans:
    """Return one skill."""
    skill, use = row
    widths = layout(COLUMNS, cells)
    face, trust = look(dict(STATES), skill.state), TRUSTS.get(skill.trust, Look("", "", "dim"))
    quiet = "dim" if skill.state in ("shadowed", "by hand") else "plain"
    agents = ", ".join(agent or "nobody" for agent in sorted(use.by))
    counts = {
        "line": skill.line_tokens,
        "body": skill.body_tokens,
        "tools": skill.tools,
        "schemas": skill.schema_tokens,
    }
    values = {name: ("–" if count is None else f"{count:,}", quiet) for name, count in counts.items()}
    values |= {
        "state": (f"{face.glyph} {face.word}", face.tone),
        "from": (skill.source, "dim"),
        "commands": (f"{trust.glyph} {trust.word}".strip(), trust.tone),
        "used": (f"{use.times}× {agents}" if use.times else "–", "accent" if use.times else "dim"),
    }
    spans: Spans = []
    for column in COLUMNS:
        if column.title in widths:
            spans += [(" ", "plain")] if spans else []
            if column.title == "skill":
                spans += _named(skill, widths["skill"], quiet)
            else:
                text, tone = values[column.title]
                spans.append(cell(text, widths[column.title], tone, right=column.right))
    return spans


def _named(skill: Shelved, cells: int, tone: str) -> Spans:
    """Return the name, and where there is room what is wrong with it, else what it is for."""
    if cells < NAME_CELLS + 12:
        return [cell(skill.name, cells, tone)]
    wrong = skill.state in ("problem", "gone") or bool(skill.mend)
    said = (f"▲ {skill.why}", "warn") if wrong else (skill.description, "dim")
    return [cell(skill.name, NAME_CELLS, tone), (" ", "plain"), cell(said[0], cells - NAME_CELLS - 1, said[1])]
