"""``onecontext cost``: what the models of a team have cost, in all and by agent, task, model or mission."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from onecontext.text.amounts import cost
from teams.cli.place import add_place, open_team
from teams.mission.mission import counted
from teams.mission.spending.ledger import GROUPS, Spent, spent, spent_by

_COLUMNS = ("calls", "tokens in", "cached", "out", "seconds", "cost")
_NAME_CHARACTERS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("--by", choices=sorted(GROUPS), default="agent", help="what to add up by (default: agent)")
    parser.add_argument("--mission", metavar="ID", help="only the calls of this mission")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    team = open_team(args, invocation)
    calls = [
        event for event in team.journal.read() if event.type == "model.called" and args.mission in (None, event.mission)
    ]
    groups, together = spent_by(calls, GROUPS[args.by]), spent(calls)
    data = {
        "team": team.name,
        "by": args.by,
        "groups": [{args.by: name, **as_data(some)} for name, some in groups.items()],
        "together": as_data(together),
    }
    invocation.out.answer(data, _table(args.by, groups, together, invocation.out))
    return 0


def as_data(some: Spent) -> dict[str, Any]:
    """Return what programs are told; ``cost_usd`` is null when the price of any call is unknown."""
    return {**asdict(some), "cost_usd": some.cost_usd}


def in_a_line(used: Spent) -> str:
    """Return calls, tokens and cost in one line, as a run ends with."""
    calls = counted(used.calls, "call", "calls")
    return f"{calls}, {used.tokens_in:,} tokens in, {used.tokens_out:,} out, cost {price(used)}"


def price(some: Spent) -> str:
    """Return what people are told of the price of some calls."""
    return cost(some.known_usd, calls=some.calls, unpriced=some.unpriced)


def _table(by: str, groups: Mapping[str, Spent], together: Spent, out: Output) -> str:
    if not groups:
        return "no model was called"
    rows = [(one_line(name, limit=_NAME_CHARACTERS), _cells(some)) for name, some in groups.items()]
    total = ("together", _cells(together))
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *(cells for _, cells in [*rows, total]), strict=True)]
    first = max(len(by), *(len(name) for name, _ in [*rows, total]))

    def line(name: str, cells: tuple[str, ...], *styles: str) -> str:
        told = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        return out.paint(f"{name:<{first}}  {told}", *styles)

    lines = [line(by, _COLUMNS, "dim"), *(line(name, cells) for name, cells in rows), line(*total, "bold")]
    if together.scripted:
        lines.append(out.paint(f"{together.scripted} of {together.calls} calls were scripted: nobody was paid", "dim"))
    if together.from_cache:
        lines.append(out.paint(f"{together.from_cache} of {together.calls} calls came from the cache", "dim"))
    return "\n".join(lines)


def _cells(some: Spent) -> tuple[str, ...]:
    counts = (some.calls, some.tokens_in, some.tokens_cached, some.tokens_out)
    return (*(f"{count:,}" for count in counts), f"{some.seconds:,.1f}", price(some))
