"""Agents, messages and the log as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from tui.forms import gist
from tui.projection.telling import arguments_of
from tui.rows.spans import Column, Spans, cell, layout, piece, table_row
from tui.snapshot import Agent, Attention, Heart, LogLine, Message
from tui.words import AGENT_LOOKS, HEART_LOOKS, age, clock, cost, look, tokens

AGENT_COLUMNS = (
    Column("agent", 14),
    Column("role", 12, keep=1),
    Column("state", 10),
    Column("heart", 10, keep=2),
    Column("task", 5, keep=6),
    Column("doing", 0),
    Column("turns", 5, keep=3, right=True),
    Column("tokens", 7, keep=4, right=True),
    Column("cost", 9, keep=8, right=True),
    Column("seen", 5, keep=5, right=True),
)
SMALL = 64


def agent_heading(cells: int, *, hearts: bool) -> Spans:
    """Return the titles of the agents' columns; ``hearts``: somebody has one."""
    columns = _columns(hearts=hearts)
    return table_row(columns, layout(columns, cells), {column.title: (column.title, "dim") for column in columns})


def agent_row(agent: Agent, hearts: Mapping[str, Heart], cells: int, *, now: datetime) -> Spans:
    """Return one agent: who, in which state, on what, at which cost; of one whose process is dead, that it is."""
    face = look(AGENT_LOOKS, agent.state)
    heart, columns = hearts.get(agent.name), _columns(hearts=bool(hearts))
    beats = look(HEART_LOOKS, heart.life) if heart else None
    widths = layout(columns, cells)
    if beats is not None and beats.tone != "good" and "heart" not in widths:
        # What the journal says last is what a dead one was doing, and where there is little room this is the place for
        # saying that it is dead.
        face = beats
    at_rest = agent.state in ("idle", "left")
    doing = _doing(agent)
    spent = cost(agent.usage)
    return table_row(
        columns,
        widths,
        {
            "agent": (f"{face.glyph} {agent.name}", face.tone if not at_rest or face is beats else "plain"),
            "role": (agent.role, "dim"),
            "state": (face.word, face.tone),
            "heart": (f"{beats.glyph} {beats.word}", beats.tone) if beats else ("–", "dim"),
            "task": (f"#{agent.task}" if agent.task else "–", "plain" if agent.task else "dim"),
            "doing": (doing, "dim" if at_rest else "plain"),
            "turns": (str(agent.usage.turns), "plain"),
            "tokens": (tokens(agent.usage), "plain"),
            "cost": (spent, "warn" if spent == "unknown" else "plain"),
            "seen": (age(agent.last_seen, now), "dim"),
        },
    )


def _columns(*, hearts: bool) -> Sequence[Column]:
    return AGENT_COLUMNS if hearts else [column for column in AGENT_COLUMNS if column.title != "heart"]


def _doing(agent: Agent) -> str:
    if agent.state == "left":
        return agent.detail
    if agent.tool is None:
        return agent.detail
    mark = {None: "▸", True: "✓", False: "×"}[agent.tool.ok]
    return f"{mark} {agent.tool.tool} {arguments_of(agent.tool.arguments)}"


def message_row(message: Message, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one message: when, from whom, to whom, what it says; idle notices step back."""
    tone = "dim" if message.idle else "plain"
    sender_tone = "dim" if message.idle else "accent"
    words = piece(gist(message), "info" if message.form and not message.idle else tone)
    if cells < SMALL:
        spans: Spans = [(clock(message.at, zone)[:5] + " ", "dim"), piece(message.sender, sender_tone), ("→", "dim")]
        return [*spans, piece(message.to, sender_tone), (" ", tone), words]
    name = 12 if cells < 90 else 16
    spans = [(clock(message.at, zone) + " ", "dim"), cell(message.sender, name, sender_tone), (" → ", "dim")]
    return [*spans, cell(message.to, name, tone), (" ", tone), words]


def log_row(line: LogLine, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return one event: when, who, what."""
    name = 13 if cells < 100 else 18
    return [
        (clock(line.at, zone) + " ", "dim"),
        cell(line.agent, name, "accent"),
        (" ", "plain"),
        piece(line.text, line.tone),
    ]


def attention_row(item: Attention, *, zone: tzinfo | None) -> Spans:
    """Return one thing to look at: open or over, its kind, the task, the words."""
    glyph, word, tone = ("▲", "open", "warn") if item.open else ("✓", "over", "dim")
    spans: Spans = [(f"{glyph} {word} ", tone), (clock(item.at, zone) + " ", "dim")]
    spans += [cell(item.kind, 15, "bad" if item.open else "dim")]
    if item.task:
        spans.append(piece(f"#{item.task} ", "accent"))
    return [*spans, piece(item.text, "plain" if item.open else "dim")]
