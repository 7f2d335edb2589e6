"""Models that are asked about portions, which record every prompt: they stand in its place, and have no wits."""

import re
import threading
from collections.abc import Callable

from onecontext.variables.port import Said, Sign


class Recording:
    """Answers with what ``answer`` makes of instructions and prompt, and keeps both; safe for threads."""

    def __init__(self, answer: Callable[[str, str], str], *, tokens: int = 100) -> None:
        self._answer = answer
        self._tokens = tokens
        self._lock = threading.Lock()
        self.asked: list[tuple[str, str]] = []

    def __call__(self, system: str, prompt: str, seconds: float, sign: Sign) -> Said:
        sign()
        with self._lock:
            self.asked.append((system, prompt))
        return Said(self._answer(system, prompt), self._tokens)

    @property
    def largest(self) -> int:
        """The bytes of the longest prompt, with its instructions."""
        return max(len((system + prompt).encode()) for system, prompt in self.asked)


def quoting(pattern: str) -> Callable[[str, str], str]:
    """Return an answer that repeats what matches in the prompt, as one that reads it would."""

    def answer(system: str, prompt: str) -> str:
        return "; ".join(dict.fromkeys(re.findall(pattern, prompt))) or "NOTHING"

    return answer
