"""``--traces``: a mission's spans go to an OpenTelemetry collector while it runs.

Rule 1: that there are traces, where they go and what is in them is said on the command line and in the environment,
    never by a file in the repository: it comes with what was cloned.
"""

import argparse
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from teams.engine.journal import Journal
from teams.tracing.collector import Collector, open_collector

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING = ("true", "1", "span_only", "span_and_event")


@dataclass(frozen=True)
class Traces:
    """Where spans go; ``content``: with what models and tools said."""

    collector: Collector
    content: bool


def add_traces(parser: argparse.ArgumentParser) -> None:
    """Declare ``--traces``."""
    parser.add_argument(
        "--traces", action="store_true", default=None, help="send spans to the collector of OTEL_EXPORTER_OTLP_*"
    )
    parser.add_argument(
        "--traces-content", action="store_true", default=None, help="likewise, with what models and tools said"
    )


def traces_of(args: argparse.Namespace, invocation: Invocation) -> Traces | None:
    """Return where spans go; None: nowhere, and nothing was imported for it.

    Raises:
        SetupError, UsageError: as :func:`teams.tracing.collector.open_collector`.
    """
    if not (args.traces or args.traces_content):
        return None
    collector = open_collector(invocation.env)
    content = bool(args.traces_content) or invocation.env.get(CAPTURE, "").strip().lower() in _CAPTURING
    return None if collector is None else Traces(collector, content)


def tracing(
    traces: Traces | None, journal: Journal, mission: str, out: Output, *, part: bool = False
) -> AbstractContextManager[None]:
    """Send what ends while this lasts; nothing without ``traces``.

    Args:
        part: of something larger, which goes on sending when this is over.
    """
    if traces is None:
        return nullcontext()
    from teams.tracing.live import traced

    def say(words: str) -> None:
        out.say(out.paint(words, "yellow"))

    return traced(journal, mission, traces.collector, content=traces.content, say=say, part=part)
