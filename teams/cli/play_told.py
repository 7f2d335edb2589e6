"""A play run from a terminal: its steps told as they come, those of its missions among them, and what it came to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import yaml

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from teams.cli.cost import as_data, in_a_line
from teams.cli.narrate import WORKING_KINDS
from teams.cli.traces import Traces, tracing
from teams.cli.watching import exit_code_of, run_told, telling
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.mission.control.which import steps_of
from teams.mission.mission import Ending
from teams.mission.site import Site
from teams.mission.spending.ledger import Spent, spent
from teams.playbook.functions import as_text
from teams.protocol.team import Team

SHOWN_CHARACTERS = 2000
SHOWN_STEPS = 40


def conduct_play(
    site: Site,
    invocation: Invocation,
    run: Callable[[], Ending],
    *,
    opening: Sequence[str],
    traces: Traces | None = None,
) -> int:
    """Run a play while telling its events on stderr; answer with what it came to and return the exit code."""
    out = invocation.out
    ending = run_told(site, out, run, opening=opening, traces=traces)
    events = [event for event in site.journal.read() if event.mission == site.mission]
    steps, used = _steps(events), _spent(site, events)
    last = next((event for event in reversed(events) if event.type == "mission.ended"), None)
    outputs = last.data.get("outputs", {}) if last and last.data["reason"] == ending.reason else {}
    data = {**asdict(ending), "outputs": outputs, "steps": steps, "spent": as_data(used)}
    out.answer({"play": data.pop("mission"), **data}, _text(ending, outputs, steps, used, out))
    return exit_code_of(ending)


def _shown(value: Any) -> str:
    text = as_text(value)
    if isinstance(value, list | dict) and value:
        text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110)
    text = text.strip() or "none"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… (--json has all of it)"


def watching(out: Output, traces: Traces | None = None) -> Callable[[Journal], Any]:
    """Return what tells of the journal of a mission while it is a step of a play, and sends its spans."""

    @contextmanager
    def watch(journal: Journal) -> Iterator[None]:
        with telling(journal, out), tracing(traces, journal, journal.team, out, part=True):
            yield

    return watch


def _steps(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return each step as its newest event tells it, in the order in which they first ended."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.type == "step.ended":
            names = ("step", "kind", "outcome", "reason")
            found[event.data["step"]] = {**{name: event.data.get(name, "") for name in names}, "agent": event.agent}
    return list(found.values())


def _spent(site: Site, events: Sequence[Event]) -> Spent:
    """Return what models took, in the missions that are steps of the play as well."""
    used = spent(events)
    for part in steps_of(site.team.root, site.mission):
        used = used.with_(spent(Team.open(part, root=site.team.root).journal.read()))
    return used


def _text(ending: Ending, outputs: dict[str, Any], steps: list[dict[str, Any]], used: Spent, out: Output) -> str:
    good = ending.ending == "done"
    lines = ["", f"{out.paint(ending.ending, 'bold', 'green' if good else 'yellow')}  {out.paint(ending.reason)}", ""]
    worth = [step for step in steps if step["kind"] in WORKING_KINDS or step["outcome"] == "failed"]
    # Those that are not done first: of many, they are what matters.
    for step in sorted(worth, key=lambda one: one["outcome"] == "done")[:SHOWN_STEPS]:
        reason = f"  {one_line(step['reason'], limit=100)}" if step["reason"] else ""
        lines.append(out.paint(f"  {step['outcome']:<8} {step['step']}{reason}"))
    lines += [f"  and {len(worth) - SHOWN_STEPS} more steps"] if len(worth) > SHOWN_STEPS else []
    for name, value in outputs.items():
        lines += ["", f"{out.paint(name, 'bold')}", out.paint(_shown(value))]
    if ending.commit:
        lines += ["", f"branch   {out.paint(ending.branch)} at {ending.commit[:10]}"]
    lines += [
        "",
        f"model    {in_a_line(used)}",
    ]
    if not good:
        more = " --budget-usd N (-tokens, -calls, -seconds)" if ending.ending == "budget_exhausted" else ""
        lines.append(f"next     'onecontext resume {ending.mission}{more}' runs what failed or was not done")
    return "\n".join(lines)
