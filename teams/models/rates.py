"""How often a model may be asked: a bucket of requests, one of tokens, and places for calls at once.

Rule 1: a bucket holds what one minute allows, is full at first and is filled evenly; who finds it empty waits. What one
    call takes more than it holds is owed: so a call that is larger than the bucket waits for a full one and is made.
Rule 2: what is left stands in a small file, and a place is a file that is locked for as long as the call lasts: threads
    and processes that share the folder share both, and the kernel gives back the places of the dead.
Rule 3: a server that says when to come back says it to everybody who asks this model here.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import Damaged, LockTimeout
from onecontext.store.files import read_bytes, replace_text
from teams.engine.locks import file_lock

MINUTE_S = 60.0
LOCK_WAIT_S = 2.0
AGAIN_S = 1.0
_LIMIT_BYTES = 4096


@dataclass(frozen=True)
class Rate:
    """What a model may be asked; None is as much as it takes. Tokens are those in and out together."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    concurrent: int | None = None


class Wait(NamedTuple):
    """Why a call cannot be made now, and in how many seconds it may be tried again."""

    seconds: float
    reason: str


@dataclass
class _Left:
    """What is left at the time ``at`` (seconds since 1970); nobody asks before ``until``."""

    at: float
    requests: float
    tokens: float
    until: float = 0.0


class Limiter:
    """The limits of one model.

    Args:
        name: the model's, as it is configured.
        folder: where files are shared with others who ask it; made when it is needed.
        clock: returns the seconds since 1970: no other clock is the same in all processes.
    """

    def __init__(self, name: str, rate: Rate, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._rate = rate
        self._folder = folder
        self._clock = clock
        self._stem = sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        self._here = threading.Lock()
        self._unlimited = _Left(0.0, math.inf, math.inf)
        """What is kept where nothing is limited: only when to come back, and only here."""

    @property
    def counts_tokens(self) -> bool:
        """Whether a call must say how many tokens it sends."""
        return self._rate.tokens_per_minute is not None

    def place(self, stack: ExitStack) -> Wait | None:
        """Take one of the places for calls at once until ``stack`` is left, or say that all are taken."""
        if self._rate.concurrent is None:
            return None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(self._rate.concurrent):
            try:
                stack.enter_context(file_lock(self._folder / f"{self._stem}.place-{number}", wait_s=0))
            except LockTimeout:
                continue
            return None
        return Wait(0.0, f"{self._rate.concurrent} calls at once")

    def take(self, tokens: int) -> Wait | None:
        """Take one request and so many tokens from the buckets, or say what is missing; then nothing was taken."""
        try:
            return self._take(tokens)
        except LockTimeout:
            return Wait(AGAIN_S, "another process holds what is left of its limits")

    def _take(self, tokens: int) -> Wait | None:
        with self._left() as left:
            if left.until > left.at:
                return Wait(left.until - left.at, "the server said when to come back")
            waits = [wait for wait in (self._request_wait(left), self._token_wait(left, tokens)) if wait is not None]
            if waits:
                return max(waits)
            left.requests -= 1
            left.tokens -= tokens
        return None

    def settle(self, taken: int, took: int) -> None:
        """Correct what a call has ``taken`` from the bucket of tokens by what it really ``took``."""
        if self.counts_tokens and took != taken:
            # The answer is there and paid for; it does not go to waste because somebody holds the file.
            with suppress(LockTimeout), self._left() as left:
                left.tokens -= took - taken

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long, a minute at the most."""
        with suppress(LockTimeout), self._left() as left:
            left.until = max(left.until, left.at + min(seconds, MINUTE_S))

    def _request_wait(self, left: _Left) -> Wait | None:
        allowed = self._rate.requests_per_minute
        # What adding up leaves behind the point must not make anybody wait for nothing.
        if allowed is None or left.requests >= min(1.0, allowed) - 1e-6:
            return None
        return Wait((min(1.0, allowed) - left.requests) * MINUTE_S / allowed, f"{allowed:g} requests per minute")

    def _token_wait(self, left: _Left, tokens: int) -> Wait | None:
        allowed = self._rate.tokens_per_minute
        if allowed is None or left.tokens >= min(float(tokens), allowed) - 1e-6:
            return None
        return Wait((min(float(tokens), allowed) - left.tokens) * MINUTE_S / allowed, f"{allowed:g} tokens per minute")

    @contextmanager
    def _left(self) -> Iterator[_Left]:
        """Give what is left now, alone, and keep what is made of it."""
        if self._rate.requests_per_minute is None and self._rate.tokens_per_minute is None:
            with self._here:
                self._unlimited.at = self._clock()
                yield self._unlimited
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{self._stem}.json"
        with file_lock(self._folder / f"{self._stem}.lock", wait_s=LOCK_WAIT_S):
            left = self._filled(path)
            yield left
            replace_text(path, json.dumps(asdict(left)))

    def _filled(self, path: Path) -> _Left:
        now = self._clock()
        requests, tokens = self._rate.requests_per_minute or 0.0, self._rate.tokens_per_minute or 0.0
        try:
            found = _Left(**json.loads(read_bytes(path, limit_bytes=_LIMIT_BYTES)))
            # A clock that was set back fills nothing, and no word to come back is further away than a minute.
            share = max(now - found.at, 0.0) / MINUTE_S
            return _Left(
                now,
                min(requests, found.requests + share * requests),
                min(tokens, found.tokens + share * tokens),
                min(found.until, now + MINUTE_S),
            )
        except (FileNotFoundError, Damaged, ValueError, TypeError, RecursionError):
            # Nobody asked before, or it is garbled: then it is as if nobody had.
            return _Left(now, requests, tokens)
