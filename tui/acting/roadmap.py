"""Writing main.md while others write it too: a mission adds to it at each merge.

Rule 1: what was changed meanwhile stands. It is put together with what was typed section by section, as a merge of two
    branches does (:mod:`onecontext.memory.sections`); where both changed the same, nothing is written.
Rule 2: each try is the command line, over the revision that was read for it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from onecontext.errors import Conflict
from onecontext.memory.sections import merge
from tui.acting.line import Line, over_now, reading

if TYPE_CHECKING:
    from tui.acting.doing import Done

_TRIES = 5
"""How often somebody else may be faster."""


def together(line: Line, run: Callable[[Line], "Done"]) -> "Done":
    """Write main.md as ``line`` says, with what was changed since ``line.base`` was read; return what came of it."""
    done = run(line)
    for _ in range(_TRIES):
        if done.code != Conflict.exit_code or not (read := run(reading(line))).ok:
            return done
        now = json.loads(read.out)["data"]
        text, conflicts = merge(line.base or "", line.stdin, now["text"])
        if conflicts:
            where = ", ".join(one.heading or "its beginning" for one in conflicts)
            return replace(done, said=f"somebody changed it meanwhile where you did ({where}); yours was not written")
        done = run(over_now(line, text, now["revision"]))
        if done.ok:
            return replace(done, said=f"{done.said}, with what was changed meanwhile")
    return done
