"""What a health check says, as a value.

Rule 1: "ok" means that it was tried just now and worked.
Rule 2: ``fix`` never names a command that removes or overwrites anything.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor.

    ``status``: "warn" is something that only some commands need, or that is odd; "fail" is something that has to be
    mended before the product can be trusted. ``fix`` says what to do; empty when there is nothing to do.
    """

    name: str
    status: Status
    message: str
    fix: str = ""
