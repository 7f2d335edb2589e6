"""A mission run from a terminal: its events told as they come, signals turned into an orderly stop."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from onecontext.errors import ENDING_EXIT_CODES, INTERRUPTED_EXIT_CODE, Damaged, ModelError, StorageError
from teams.cli.cost import as_data, in_a_line
from teams.cli.narrate import line_of
from teams.cli.traces import Traces, tracing
from teams.engine.event import Event
from teams.engine.journal import Journal, Tail
from teams.mission.mission import Ending, counted
from teams.mission.site import LEAD, Site
from teams.mission.summary import TOLD, Summary, summarize

AGAIN = "onecontext resume"
POLL_S = 0.1


def conduct(
    site: Site,
    invocation: Invocation,
    run: Callable[[], Ending],
    *,
    opening: Sequence[str],
    again: str = AGAIN,
    advice: str = "",
    traces: Traces | None = None,
) -> int:
    """Run a mission while telling its events on stderr; answer with its summary and return the exit code.

    Args:
        again: the command that goes on with it when it is interrupted.
        advice: what to do about what is blocked; "": what is to be done about a mission's tasks.
        traces: where its spans go; None: nowhere.
    """
    out = invocation.out
    ending = run_told(site, out, run, opening=opening, again=again, traces=traces)
    summary = summarize(site.journal.read(types=TOLD), ending, unread=_unread(site))
    out.answer({**asdict(summary), "spent": as_data(summary.spent)}, _text(summary, out, advice))
    return exit_code_of(ending)


def run_told(
    site: Site,
    out: Output,
    run: Callable[[], Ending],
    *,
    opening: Sequence[str],
    again: str = AGAIN,
    traces: Traces | None = None,
) -> Ending:
    """Run what works at ``site`` while telling its events on stderr, and return how it ended; see :func:`conduct`."""
    for line in opening:
        out.say(out.paint(line, "dim"))
    with (
        telling_what_is_kept(out, again),
        telling(site.journal, out),
        tracing(traces, site.journal, site.mission, out),
        stopping(site, out, again),
    ):
        return run()


def exit_code_of(ending: Ending) -> int:
    """Return the exit code that says how a run ended."""
    return INTERRUPTED_EXIT_CODE if ending.ending == "stopped" else ENDING_EXIT_CODES[ending.ending]


@contextmanager
def telling_what_is_kept(out: Output, again: str) -> Iterator[None]:
    """Say of an error that interrupts a run, behind all that is told of it, that it can go on with ``again``."""
    try:
        yield
    except (ModelError, StorageError, OSError):
        out.say(f"the work so far is kept; '{again}' goes on from here")
        raise


@contextmanager
def telling(journal: Journal, out: Output, *, only: Callable[[Event], bool] = lambda event: True) -> Iterator[None]:
    """Tell new events as they reach the journal: the same source that the monitor shows.

    Args:
        only: says whether an event is to be told.
    """
    over = threading.Event()
    tail = Tail(journal.path)
    tail.to_end()

    def follow() -> None:
        last = False
        while not last:
            last = over.wait(POLL_S)
            try:
                events = tail.poll()
            except (Damaged, OSError) as error:
                # Somebody changed the journal under us. The run meets that itself if it matters; telling ends here.
                out.say(out.paint(f"the run is no longer told: {error}", "yellow"))
                return
            for event in events:
                line = line_of(event, out) if only(event) else None
                if line:
                    out.say(line)

    thread = threading.Thread(target=follow, name="narrator", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def stopping(site: Site, out: Output, again: str) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM stop the mission, or play, in order, and a second SIGINT interrupt at once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        if site.stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        out.say(f"stopping: work in hand is given back; '{again}' goes on (^C again stops at once)")
        site.stop.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unread(site: Site) -> int:
    """Return how many messages wait for the lead; of a running client it is the client who counts them."""
    return len(site.team.receive(LEAD)) if site.team.is_ours(LEAD) else 0


def _text(summary: Summary, out: Output, advice: str) -> str:
    good = summary.ending == "done"
    lines = ["", f"{out.paint(summary.ending, 'bold', 'green' if good else 'yellow')}  {out.paint(summary.reason)}", ""]
    for task in summary.tasks:
        attempts = f"{task.attempts} attempt{'s' if task.attempts != 1 else ''}"
        lines.append(
            out.paint(f"  #{task.id:<3} {task.state:<8} {task.key:<20} {attempts}, by {task.author or 'nobody'}")
        )
    used = summary.spent
    lines += [
        *([""] if summary.tasks else []),
        f"branch   {out.paint(summary.branch)}" + (f" at {summary.commit[:10]}" if summary.commit else ""),
        f"model    {in_a_line(used)}",
    ]
    lines += [f"found    {out.paint(one.splitlines()[0])}" for one in summary.discovered if one]
    lines += [f"advice   {out.paint(one.splitlines()[0])}" for one in summary.advice if one]
    lines += [f"asked    {out.paint(one)}" for one in summary.asked]
    if summary.unread:
        lines.append(f"mail     {counted(summary.unread, 'message waits', 'messages wait')} for you: 'onecontext mail'")
    if not good:
        lines.append(f"next     {advice or _advice(summary)}")
    return "\n".join(lines)


def _advice(summary: Summary) -> str:
    if summary.ending == "budget_exhausted":
        return (
            "'onecontext cost' says where it went; 'onecontext resume --budget-usd N' (-tokens, -calls) allows more, "
            "[budget.task] and [budget.agent] of onecontext.toml more of those"
        )
    if summary.ending == "infeasible":
        return (
            "'onecontext events --type mission.examined --json' shows why; "
            "'onecontext redirect \"…\"' and 'onecontext resume' go another way"
        )
    asking = [task.id for task in summary.tasks if task.state == "needs_input"]
    if asking:
        return (
            f"'onecontext task answer {asking[0]} TEXT --as NAME' answers what task {asking[0]} waits for, then "
            "'onecontext resume' goes on"
        )
    used_up = [task.attempts for task in summary.tasks if task.state == "blocked"]
    if used_up:
        return f"'onecontext resume --max-attempts {max(used_up) + 1}' gives what is blocked another attempt"
    return "'onecontext resume' goes on from here"
