"""The keyring of the machine: a real gnome-keyring on a bus of its own keeps what a server's start must not show."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.support.mcp import Person, person, tool

__all__ = ["person"]

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"{' and '.join(MISSING)} not installed (Debian or Ubuntu: sudo apt install dbus gnome-keyring)",
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("keyring") is None,
        reason="the library keyring is not installed (pip install 'onecontext-teams[vault]')",
    ),
]

SECRET = "hunter2-is-the-value"
# The daemon ends with its bus, and the bus when nobody holds this script's standard input any more.
SESSION = (
    "printf 'the password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
    ' && printf "%s\\n" "$DBUS_SESSION_BUS_ADDRESS" && exec cat'
)
VAULT = "from skills.mcp.vault import open_vault; vault = open_vault(); "
LOCK = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"


@contextmanager
def desktop(env: Mapping[str, str]) -> Iterator[str]:
    """Log somebody in: give the address of a bus with a keyring that is unlocked."""
    command = ["dbus-run-session", "--", "bash", "-c", SESSION]
    session = subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert session.stdin is not None
    assert session.stdout is not None
    try:
        address = session.stdout.readline().strip()
        assert address.startswith("unix:"), "gnome-keyring-daemon did not start"
        yield address
    finally:
        session.stdin.close()
        session.stdout.close()
        assert session.wait(timeout=30) == 0


@pytest.fixture
def at_desk(person: Person) -> Iterator[Person]:
    with desktop(person.env) as address:
        person.env["DBUS_SESSION_BUS_ADDRESS"] = address
        yield person
        person.end()


def python(person: Person, *words: str) -> str:
    """Run a Python of its own as that person, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, *words], cwd=person.project, env=person.env, capture_output=True, text=True, timeout=100
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def imported(person: Person) -> None:
    """Import a server whose configuration has a secret written out."""
    command, *arguments = person.scenario("shop", [tool("environment")])
    start = {"command": command, "args": arguments, "env": {"SHOP_KEY": SECRET}}
    (person.home / "servers.json").write_text(json.dumps({"mcpServers": {"shop": start}}))
    python(person, "-m", "onecontext", "skill", "import-mcp", "shop", "--from", str(person.home / "servers.json"))
    (person.home / "servers.json").unlink()


def called(person: Person) -> object:
    said = json.loads(python(person, "-m", "onecontext", "call", "shop", "environment"))
    return said.get("SHOP_KEY")


def test_what_is_kept_is_there_in_the_next_process(at_desk: Person) -> None:
    python(at_desk, "-c", VAULT + f"vault.set('a', {SECRET!r})")

    assert (
        python(at_desk, "-c", VAULT + "print(vault.is_lasting, vault.get('a'), vault.get('b'))")
        == f"True {SECRET} None"
    )


def test_a_servers_secret_is_in_the_keyring_and_in_no_file(at_desk: Person) -> None:
    imported(at_desk)

    assert called(at_desk) == SECRET
    python(at_desk, "-m", "onecontext", "call", "--stop")
    assert called(at_desk) == SECRET, "a daemon that is started anew"

    files = [path for top in (at_desk.project, at_desk.home) for path in top.rglob("*") if path.is_file()]
    assert any(path.suffix == ".keyring" for path in files)
    assert [str(path) for path in files if SECRET.encode() in path.read_bytes()] == []


def test_it_is_there_again_after_the_person_logged_out_and_in(person: Person) -> None:
    with desktop(person.env) as address:
        person.env["DBUS_SESSION_BUS_ADDRESS"] = address
        python(person, "-c", VAULT + f"vault.set('a', {SECRET!r})")
    del person.env["DBUS_SESSION_BUS_ADDRESS"]

    with desktop(person.env) as address:
        person.env["DBUS_SESSION_BUS_ADDRESS"] = address
        assert python(person, "-c", VAULT + "print(vault.get('a'))") == SECRET


def test_a_keyring_that_is_locked_gives_nothing_and_takes_nothing_with_a_sentence(at_desk: Person) -> None:
    python(at_desk, "-c", VAULT + f"vault.set('a', {SECRET!r})")
    python(at_desk, "-c", LOCK)

    assert python(at_desk, "-c", VAULT + "print(vault.get('a'))") == "None"
    refused = f"""
from onecontext.errors import SetupError
{VAULT}
try:
    vault.set('b', 'x')
except SetupError as error:
    print(error.exit_code, error.message)
"""
    assert python(at_desk, "-c", refused).startswith("3 the keyring does not take it: ")


def test_without_a_desktop_nothing_lasts_and_a_secret_is_not_taken(person: Person) -> None:
    assert "DBUS_SESSION_BUS_ADDRESS" not in {**os.environ, **person.env}

    assert python(person, "-c", VAULT + "print(vault.is_lasting)") == "False"
