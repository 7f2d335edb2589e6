"""Giving up on a stream that has gone silent.

Rule 1: silence is measured between items, from the first call on; what the network does below them does not count.
Rule 2: who reads is a daemon thread, so neither the caller nor the end of the process waits for a dead server.
Rule 3: it gives back what it read from when it is done, and the caller does not wait for that either.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Silence(Exception):
    """Nothing came for the agreed time."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None


class LetGo(Protocol):
    """Is called by the reading thread when it reads no more; ``ended`` says that it came to the end."""

    def __call__(self, *, ended: bool) -> None: ...


def watched(
    start: Callable[[], Iterator[T]], *, stall_s: float, close: Callable[[], None], let_go: LetGo
) -> Generator[T]:
    """Yield what ``start()`` yields, as it comes.

    Args:
        start: called in the reading thread; connecting is part of what is watched.
        stall_s: the longest silence, in seconds.
        close: called when the reading is given up before its end, from the caller's thread; what it raises becomes a
            note of the error that ended it.
        let_go: called in the reading thread, once, when what came has been told.

    Raises:
        Silence: nothing came for ``stall_s``. Whatever ``start`` or its iterator raised is raised as it is.
    """
    items: queue.Queue[_Item[T] | _End] = queue.Queue()
    given_up = threading.Event()

    def read() -> None:
        ended = False
        try:
            for value in start():
                if given_up.is_set():
                    return
                items.put(_Item(value))
            ended = True
            items.put(_End(None))
        except Exception as error:  # noqa: BLE001  # raised again in the caller's thread, where it belongs
            items.put(_End(error))
        finally:
            let_go(ended=ended)

    threading.Thread(target=read, name="model-stream", daemon=True).start()
    try:
        yield from _until_end(items, stall_s)
    except BaseException as error:
        # Whatever it was, ^C and an end that nobody waited for too: nobody reads on.
        given_up.set()
        try:
            close()
        except Exception as failed:  # noqa: BLE001  # of any provider's library; it must not hide why it was closed
            error.add_note(f"the connection could not be closed: {type(failed).__name__}")
        raise


def _until_end(items: "queue.Queue[_Item[T] | _End]", stall_s: float) -> Iterator[T]:
    while True:
        try:
            item = items.get(timeout=stall_s)
        except queue.Empty:
            raise Silence(f"nothing for {stall_s:g} s") from None
        if isinstance(item, _Item):
            yield item.value
        elif item.error is not None:
            raise item.error
        else:
            return
