"""Something done again and again beside other work, from a thread of its own."""

import threading
from collections.abc import Callable
from types import TracebackType

from onecontext.errors import OneContextError


class Regular:
    """Calls ``do`` every ``every_s`` seconds until left, or until it fails: ``failure`` then says how.

    Whoever started it looks at ``failure``: nobody hears of what ends a thread.
    """

    def __init__(self, do: Callable[[], object], *, every_s: float, name: str) -> None:
        self._do = do
        self._every_s = every_s
        self._over = threading.Event()
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def __enter__(self) -> "Regular":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._do()
            except (OneContextError, OSError) as error:
                self.failure = error
                return
