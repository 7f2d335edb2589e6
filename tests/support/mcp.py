"""A person with a project and a runtime folder of their own, and servers whose every byte a test decides."""

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from onecontext.cli.main import main
from onecontext.errors import SetupError
from skills.mcp.calling import Caller
from skills.mcp.holder import Holder
from skills.mcp.start import Server, find_server

STDIO = Path(__file__).parent / "mcp_stdio.py"
ANYTHING = '{"type":"object"}'


class Ran(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


class Person:
    """Somebody with an environment, a project and a daemon of their own."""

    def __init__(self, base: Path, runtime: Path) -> None:
        self.project = base / "project"
        (self.project / ".git").mkdir(parents=True)
        self.home = base / "home"
        self.home.mkdir()
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_RUNTIME_DIR": str(runtime),
        }
        self._scenarios = base / "scenarios"
        self._scenarios.mkdir()

    def says(self, *words: str, stdin: str = "") -> Ran:
        """Run ``onecontext`` with these words in the project."""
        out, err = io.StringIO(), io.StringIO()
        code = main(words, env=self.env, cwd=self.project, stdin=io.StringIO(stdin), stdout=out, stderr=err)
        return Ran(code, out.getvalue(), err.getvalue())

    def scenario(self, name: str, tools: Sequence[str] = (), **more: Any) -> list[str]:
        """Write what a server is to do, and return the command that starts it."""
        path = self._scenarios / f"{name}.json"
        path.write_text(json.dumps({"pages": [list(tools)], **more}))
        return [sys.executable, str(STDIO), str(path)]

    def imports(self, name: str, tools: Sequence[str], **more: Any) -> Server:
        """Import a server that lists these tools, and return it."""
        ran = self.says("skill", "import-mcp", name, "--", *self.scenario(name, tools, **more))
        assert ran.code == 0, ran.err
        return self.server(name)

    def server(self, name: str) -> Server:
        """Return an imported server as it lies in the project."""
        return find_server(name, self.project, self.home)

    def caller(self, name: str, *, idle_s: float = 600.0) -> Caller:
        """Return who calls the tools of a server."""
        return Caller(self.server(name), self.env, idle_s=idle_s)

    def end(self) -> None:
        """End the daemon, and with it every server."""
        with suppress(SetupError):  # a test made its folder one that is refused
            Holder(self.env).ask_running({"op": "quit"})


def tool(name: str, schema: str = ANYTHING, description: str = "Does it.") -> str:
    """Return the text of one tool as a server lists it."""
    return f'{{"name":{json.dumps(name)},"description":{json.dumps(description)},"inputSchema":{schema}}}'


def schema_of(properties: Mapping[str, Any], required: Sequence[str] = ()) -> str:
    """Return the text of a schema with these properties."""
    return json.dumps({"type": "object", "properties": properties, "required": list(required)})


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody whose daemon ends with the test."""
    runtime = Path(tempfile.mkdtemp(prefix="mcp-"))
    somebody = Person(tmp_path, runtime)
    yield somebody
    somebody.end()
    shutil.rmtree(runtime, ignore_errors=True)
