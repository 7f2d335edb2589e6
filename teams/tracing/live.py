"""Sending a mission's spans while it runs, beside it: a thread that reads the journal as anybody can.

Rule 1: the mission knows nothing of it: no collector, slow, dead or wrong, holds it or ends it.
Rule 2: what could not be sent is not sent again, and said: once when it begins, and in all at the end.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from onecontext.errors import Damaged, NewerFormat
from teams.engine.journal import Journal
from teams.engine.tail import Tail
from teams.tracing.collector import Collector
from teams.tracing.span import Span
from teams.tracing.spans import Spans

EVERY_S = 2.0
LAST_S = 5.0
"""How long the end of a run waits for what is left to be sent."""
BATCH = 512


@contextmanager
def traced(
    journal: Journal,
    mission: str,
    collector: Collector,
    *,
    content: bool,
    say: Callable[[str], None],
    part: bool = False,
) -> Iterator[None]:
    """Send the spans of ``mission`` that end while this lasts.

    Args:
        content: what models and tools said goes along.
        say: is told what could not be sent, one sentence at a time.
        part: others send to ``collector`` as well, so it is left open at the end.
    """
    sender = _Sender(journal.path, Spans(mission, content=content), collector, say)
    thread = threading.Thread(target=sender.run, name="traces", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sender.over.set()
        thread.join(LAST_S)
        if not part:
            collector.close()
        sender.account(unfinished=thread.is_alive())


class _Sender:
    def __init__(self, path: Path, spans: Spans, collector: Collector, say: Callable[[str], None]) -> None:
        self.over = threading.Event()
        self._tail = Tail(path)
        self._spans = spans
        self._collector = collector
        self._say = say
        self._lost = 0
        # What the journal has by now was told by the runs before this one.
        self._begin = path.stat().st_size if path.exists() else 0

    def run(self) -> None:
        last = False
        while not last:
            last = self.over.wait(EVERY_S)
            try:
                self._send(self._new())
            except (Damaged, NewerFormat, OSError) as error:
                # Somebody changed the journal under us. The run meets that itself if it matters; traces end here.
                self._say(f"traces end here: {error}")
                return

    def account(self, *, unfinished: bool) -> None:
        """Say what was lost in all."""
        if unfinished:
            self._say(f"traces: {self._collector.place} was too slow, so the last spans are lost")
        elif self._lost:
            self._say(f"traces: {self._lost} spans did not reach {self._collector.place}")

    def _new(self) -> list[Span]:
        """Return the spans that are over since the last look."""
        found: list[Span] = []
        for event in self._tail.lines():
            over = self._spans.take(event)
            if self._tail.offset > self._begin:
                found += over
        return found

    def _send(self, spans: Sequence[Span]) -> None:
        for start in range(0, len(spans), BATCH):
            batch = spans[start : start + BATCH]
            if self._collector.send(batch):
                continue
            if not self._lost:
                self._say(f"traces do not reach {self._collector.place}; the work goes on without them")
            self._lost += len(batch)
