"""``onecontext`` in this process, as somebody types it in a folder."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onecontext.cli.main import main


@dataclass
class Answer:
    """What a command line came to; ``data`` is what it answers with ``--json``."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


class Shell:
    """A shell in a folder, without any environment but what a command is given."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(self, *argv: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        code = main(argv, env=env or {}, cwd=self.cwd, stdin=io.StringIO(stdin), stdout=out, stderr=err)
        return Answer(code, out.getvalue(), err.getvalue())
