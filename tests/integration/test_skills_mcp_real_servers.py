"""Real servers from PyPI and npm, imported and called; skipped, with the reason, where they cannot be installed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.mcp import Person, person

__all__ = ["person"]

pytestmark = pytest.mark.timeout(400)
# Kept between runs, in environments of their own: their pins are theirs.
_KEPT = Path(tempfile.gettempdir()) / f"onecontext-mcp-servers-{os.getuid()}"


def _installed(command: list[str], program: Path) -> str:
    if not program.exists():
        try:
            ran = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{program.name} cannot be installed here: {error}")
        if ran.returncode or not program.exists():
            pytest.skip(f"{program.name} cannot be installed here: {ran.stderr.strip()[-200:]}")
    return str(program)


def _from_pypi(name: str) -> str:
    venv = _KEPT / name
    if not (venv / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, capture_output=True)
    return _installed([str(venv / "bin" / "python"), "-m", "pip", "install", "-q", name], venv / "bin" / name)


def _from_npm(package: str, program: str) -> str:
    if shutil.which("npm") is None:
        pytest.skip("npm is not there")
    folder = _KEPT / program
    folder.mkdir(parents=True, exist_ok=True)
    return _installed(["npm", "install", "--prefix", str(folder), package], folder / "node_modules" / ".bin" / program)


def test_the_time_server_of_pypi_is_imported_and_called(person: Person) -> None:
    imported = person.says("skill", "import-mcp", "time", "--", _from_pypi("mcp-server-time"))
    called = person.says("call", "time", "get_current_time", "timezone=UTC")

    assert imported.code == 0, imported.err
    assert "get_current_time(timezone) — Get current time" in person.says("skill", "use", "time").out
    assert json.loads(called.out)["timezone"] == "UTC"


def test_the_everything_server_of_npm_is_imported_and_called(person: Person) -> None:
    program = _from_npm("@modelcontextprotocol/server-everything", "mcp-server-everything")

    imported = person.says("skill", "import-mcp", "everything", "--", program)
    echoed = person.says("call", "everything", "echo", "message=000123")
    added = person.says("call", "everything", "get-sum", "a=1", "b=2.5")
    pictured = person.says("call", "everything", "get-tiny-image", "--save", "pictures")

    assert imported.code == 0, imported.err
    assert echoed.out == "Echo: 000123\n"
    assert "3.5" in added.out
    assert "pictures/get-tiny-image-" in pictured.out
    assert any((person.project / "pictures").iterdir())


def test_the_filesystem_server_of_npm_sees_the_project_only(person: Person) -> None:
    program = _from_npm("@modelcontextprotocol/server-filesystem", "mcp-server-filesystem")
    (person.project / "note.txt").write_text("hello")

    imported = person.says("skill", "import-mcp", "files", "--", program, ".")
    read = person.says("call", "files", "read_text_file", f"path={person.project / 'note.txt'}")
    outside = person.says("call", "files", "read_text_file", "path=/etc/passwd")

    assert imported.code == 0, imported.err
    assert "hello" in read.out
    assert outside.code == 1
    assert "root:" not in outside.out + outside.err
