"""What the doctor found in a memory, and what repair did, as values.

Rule 1: a mend is a sentence, and never a command that removes or overwrites anything.
Rule 2: paths are relative to the memory's folder, so that they can be read aloud and compared.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    ``line`` counts from 1; None where a line means nothing. ``severity``: "warn" is odd and harms nothing; "fail" is
    damage. ``mend`` says what repair would do, or what a person can do where repair cannot.
    """

    what: str
    file: str
    line: int | None
    severity: Severity
    mend: str

    @property
    def where(self) -> str:
        """File and line, as an editor takes them."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that repair did. ``kept`` is where what it replaced lies now; empty when it replaced nothing."""

    what: str
    file: str
    kept: str = ""
