"""The process that holds sessions: one for a person, quick, and gone when it should be."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from onecontext.errors import SetupError
from skills.mcp.faults import CallInDoubt, ToolChanged
from skills.mcp.holder import Holder
from skills.mcp.runtime import runtime_folder
from skills.mcp.wire import receive, send
from tests.support.mcp import Person, person, schema_of, tool
from tests.support.waiting import until

__all__ = ["person"]


def _alive(pid: int) -> bool:
    """Say whether any thread of the process is left: until the last has ended its sockets are open."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return any((thread / "stat").read_text().rpartition(") ")[2][0] not in "ZX" for thread in threads)
    except OSError:
        return Path(f"/proc/{pid}/task").exists() and _alive(pid)


def test_a_session_is_held_and_a_hundred_calls_take_one_process(person: Person) -> None:
    person.imports("shop", [tool("pid")])

    with person.caller("shop") as caller:
        begun = time.monotonic()
        pids = {caller.call("pid", {}).text() for _ in range(100)}
        took = time.monotonic() - begun

    assert len(pids) == 1
    assert person.says("call", "shop", "pid").out.strip() in pids
    assert took < 10


def test_ten_that_start_it_at_once_get_one_daemon(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    person.end()
    command = [sys.executable, "-m", "onecontext", "call", "shop", "pid"]

    started = [
        subprocess.Popen(command, cwd=person.project, env=person.env, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    said = {process.communicate(timeout=100)[0].strip() for process in started}

    assert [process.returncode for process in started] == [0] * 10
    assert len(said) == 1
    assert len(Holder(person.env).ask_running({"op": "list"})["sessions"]) == 1  # type: ignore[index]


def test_it_ends_when_nobody_used_it_and_takes_the_server_along(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    person.end()

    with person.caller("shop", idle_s=0.5) as caller:
        server = int(caller.call("pid", {}).text())

    until(lambda: not _alive(server), within_s=30)
    until(lambda: Holder(person.env).ask_running({"op": "list"}) is None, within_s=30)


def test_a_killed_server_is_started_again_and_it_is_said(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    first = int(person.says("call", "shop", "pid").out)

    os.kill(first, signal.SIGKILL)
    until(lambda: not _alive(first), within_s=10)
    ran = person.says("call", "shop", "pid")

    assert ran.code == 0
    assert int(ran.out) != first
    assert "the MCP server shop had ended; it was started again" in ran.err


def test_a_killed_daemon_is_started_again(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    with person.caller("shop") as caller:
        caller.call("pid", {})
        daemon = _daemon(person)
        os.kill(daemon, signal.SIGKILL)
        until(lambda: not _alive(daemon), within_s=10)

        again = caller.call("pid", {})

    assert int(again.text()) > 0


def test_a_daemon_that_is_killed_during_a_call_leaves_it_in_doubt(person: Person, tmp_path: Path) -> None:
    person.imports("shop", [tool("slow")])
    mark = tmp_path / "mark"
    script = (
        "import os, time, pathlib\n"
        f"while not pathlib.Path({str(mark)!r}).exists(): time.sleep(.01)\n"
        f"os.kill({_daemon(person)}, 9)"
    )
    killer = subprocess.Popen([sys.executable, "-c", script])

    with person.caller("shop") as caller, pytest.raises(CallInDoubt, match="is not known"):
        caller.call("slow", {"mark": str(mark), "seconds": 20})

    assert killer.wait() == 0


def test_a_client_that_is_killed_harms_nobody_else(person: Person, tmp_path: Path) -> None:
    person.imports("shop", [tool("slow"), tool("pid")])
    mark = tmp_path / "mark"
    command = [sys.executable, "-m", "onecontext", "call", "shop", "slow", f"mark={mark}", "seconds:=1"]

    client = subprocess.Popen(command, cwd=person.project, env=person.env)
    until(mark.exists, within_s=60)
    client.kill()
    client.wait()

    assert person.says("call", "shop", "pid").code == 0


def test_sessions_are_listed_and_ended(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    pid = int(person.says("call", "shop", "pid").out)

    listed = person.says("call", "--list")
    stopped = person.says("call", "--stop", "shop")

    assert "shop  1 tools, 1 calls" in listed.out
    assert stopped.out == "1 session ended\n"
    until(lambda: not _alive(pid), within_s=10)
    assert person.says("call", "--list").out == ""


def test_other_values_of_a_variable_are_another_session(person: Person) -> None:
    person.env["WHO"] = "ann"
    command = person.scenario("shop", [tool("environment")])
    assert person.says("skill", "import-mcp", "shop", "--env", "WHO", "--", *command).code == 0
    ann = json.loads(person.says("call", "shop", "environment").out)

    person.env["WHO"] = "bob"
    bob = json.loads(person.says("call", "shop", "environment").out)

    assert (ann["WHO"], bob["WHO"]) == ("ann", "bob")
    assert "ann" not in person.says("call", "--list", "--json").out


def test_a_folder_that_others_may_enter_is_refused(person: Person) -> None:
    person.end()
    folder = runtime_folder(person.env)
    folder.chmod(0o755)

    with pytest.raises(SetupError, match="not yours alone"):
        runtime_folder(person.env)


def test_a_runtime_folder_that_is_a_symlink_is_refused(person: Person, tmp_path: Path) -> None:
    (tmp_path / "planted").mkdir(mode=0o700)
    (Path(person.env["XDG_RUNTIME_DIR"]) / "onecontext").symlink_to(tmp_path / "planted")

    with pytest.raises(SetupError, match="not yours alone"):
        runtime_folder(person.env)


def test_an_older_daemon_is_replaced(person: Person) -> None:
    folder = runtime_folder(person.env)
    old = f"""
import socket, sys
sys.path[:0] = {sys.path!r}
from skills.mcp.wire import receive, send
listener = socket.socket(socket.AF_UNIX); listener.bind({str(folder / "calls.sock")!r}); listener.listen()
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    send(connection, {{"hello": {{"protocol": 1, "version": "0.0.0", "pid": 1}}}})
    request = receive(connection)
    if request and request["op"] == "quit":
        send(connection, {{"ok": {{}}}}); listener.close(); break
"""
    process = subprocess.Popen([sys.executable, "-c", old], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()

    person.imports("shop", [tool("pid")])

    assert process.wait(timeout=30) == 0
    assert person.says("call", "shop", "pid").code == 0
    process.stdout.close()


def test_what_is_no_request_is_hung_up_on_and_the_next_one_is_served(person: Person) -> None:
    person.imports("shop", [tool("pid")])
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\0\0\0\2[]"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(runtime_folder(person.env) / "calls.sock"))
            receive(connection)
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):  # what we sent was not read
                assert connection.recv(1) == b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(runtime_folder(person.env) / "calls.sock"))
        receive(connection)
        send(connection, {"op": "dance"})
        answer = receive(connection)

    assert answer is not None
    assert answer["error"]["type"] == "UsageError"
    assert person.says("call", "shop", "pid").code == 0


def test_a_tool_that_changed_is_refused_until_it_is_taken_in(person: Person) -> None:
    before = [tool("reload"), tool("buy", schema_of({"what": {"type": "string"}})), tool("pid")]
    after = [tool("reload"), tool("buy", schema_of({"card": {"type": "string"}}), "Pay."), tool("pid"), tool("sell")]
    person.imports("shop", before)
    with person.caller("shop") as caller:
        caller.call("buy", {"what": "x"})
        person.scenario("shop", after)
        caller.call("reload", {})

        with pytest.raises(ToolChanged, match="takes something else than when it was imported"):
            caller.call("buy", {"what": "x"})
        told = caller.call("pid", {}).notes

    assert "are not all what they were" in told[0]
    refreshed = person.says("skill", "import-mcp", "shop", "--refresh")
    assert "takes something else: buy(what?) → (card?)" in refreshed.out
    assert "says something else: buy: Pay" in refreshed.out
    assert "new: sell()" in refreshed.out
    assert person.says("call", "shop", "buy", "card=1").code == 0
    assert person.says("skill", "import-mcp", "shop", "--refresh").out.endswith("nothing had changed\n")


def test_a_tool_that_is_gone_loses_its_schema_and_a_persons_file_stays(person: Person) -> None:
    server = person.imports("shop", [tool("reload"), tool("buy")])
    (server.folder / "schemas" / "mine.json").write_text("{}")
    person.scenario("shop", [tool("reload")])
    person.says("call", "shop", "reload")

    ran = person.says("skill", "import-mcp", "shop", "--refresh")

    assert "gone: buy" in ran.out
    assert sorted(path.name for path in (server.folder / "schemas").iterdir()) == [
        "mine.json",
        "reload.json",
        "reload.txt",
    ]


def test_a_skill_that_a_person_edited_is_not_written_over(person: Person) -> None:
    server = person.imports("shop", [tool("buy")])
    skill = server.folder / "SKILL.md"
    skill.write_text(skill.read_text() + "Always ask first.\n")

    ran = person.says("skill", "import-mcp", "shop", "--refresh")

    assert ran.code == 2
    assert "was edited since it was imported" in ran.err
    assert "Always ask first." in skill.read_text()


def _daemon(person: Person) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(runtime_folder(person.env) / "calls.sock"))
        hello = receive(connection)
    assert hello is not None
    return int(hello["hello"]["pid"])
