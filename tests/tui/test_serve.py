"""``onecontext monitor --serve``: who may look, over real HTTP and websockets, and what is left when it ends."""

import asyncio
import io
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from onecontext.cli.main import main
from tests.support.served import PATIENCE_S, Served, gone, serving, soon
from tests.tui.test_follow import fingerprint
from tests.tui.till import middle
from tui.acting.control import Control
from tui.sources.folder import JOURNAL


@pytest.fixture
def project(tmp_path: Path) -> Path:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


Socket = aiohttp.ClientWebSocketResponse
TOLD = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)


def look(
    server: Served, act: Callable[[Socket], Awaitable[object]], *, origin: str | None = None, times: int = 1
) -> None:
    """Open a websocket (or several) as the page does, and let ``act`` use the last."""
    place, cookie = server.enter()

    async def run() -> None:
        headers = {**cookie, "Origin": origin or server.origin}
        async with aiohttp.ClientSession(headers=headers) as session:
            sockets = [await session.ws_connect(f"{server.origin}{place}ws?width=120&height=36") for _ in range(times)]
            await act(sockets[-1])
            for one in sockets:
                await one.close()

    asyncio.run(run())


async def until_drawn(socket: Socket, words: str) -> bytes:
    """Read until all of ``words`` was drawn."""
    drawn = b""
    while words.encode() not in drawn:
        message = await socket.receive(timeout=PATIENCE_S)
        assert message.type in TOLD, (message, drawn[-500:])
        drawn += message.data if message.type is aiohttp.WSMsgType.BINARY else b""
    return drawn


def test_the_address_is_the_only_way_in(project: Path) -> None:
    with serving(project) as server:
        place, cookie = server.enter()
        refused = [
            server.get("/"),
            server.get("/?token="),
            server.get("/?token=wrong"),
            server.get(f"/?token={server.token[:-1]}"),
            server.get(f"/?token={server.token}x"),
            server.get(f"/?token={server.token}", {"Host": f"rebound.example:{server.port}"}),
            server.get(f"/?token={server.token}", {"Host": "127.0.0.1"}),
            server.get(f"/?token={server.token}", {"Host": f"localhost:{server.port}"}),
            server.get(f"/?token={server.token}", {"Origin": "http://evil.example"}),
            server.get(place),
            server.get(f"{place}?token={server.token}"),
            server.get(place, {"Cookie": "onecontext=wrong"}),
            server.get(place, {**cookie, "Host": "rebound.example"}),
            server.get(place, {**cookie, "Origin": "null"}),
            server.get(place, {**cookie, "Sec-Fetch-Site": "same-site"}),
            server.get(place, {**cookie, "Sec-Fetch-Site": "cross-site"}),
            server.get(f"{place}static/js/textual.js"),
            server.get(f"{place}ws", {"Origin": server.origin}),
            server.get("/static/js/textual.js", cookie),
        ]
        allowed = [server.get(f"{place}{name}", cookie) for name in ("", "page/page.css", "static/js/textual.js")]
        allowed.append(server.get(place, {**cookie, "Sec-Fetch-Site": "same-origin"}))

    assert [status for status, _, _ in refused] == [403] * (len(refused) - 1) + [404]
    assert len({text for _, _, text in refused[:-1]}) == 1
    assert [status for status, _, _ in allowed] == [200] * 4


def test_every_answer_has_the_headers_that_keep_others_out(project: Path) -> None:
    with serving(project) as server:
        place, cookie = server.enter()
        answers = [server.get("/"), server.get(f"/?token={server.token}"), server.get(place, cookie)]
        answers += [server.get(f"{place}nothing", cookie), server.get(f"{place}static/css/xterm.css", cookie)]

    for status, headers, _ in answers:
        rules = headers["Content-Security-Policy"]
        assert rules.startswith("default-src 'none'; script-src 'self';"), status
        assert "frame-ancestors 'none'" in rules
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "onecontext"
    given = answers[1][1]["Set-Cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    assert f"Path={place}" in given
    assert server.token not in given + answers[2][2]


def test_no_path_leads_out_of_the_page(project: Path) -> None:
    (project / "secret.txt").write_text("a secret of the project")
    with serving(project) as server:
        place, cookie = server.enter()
        ways = [
            *("static/../../server.py", "page/../guard.py", "page/%2e%2e/guard.py", "page/..%2fguard.py", "static/"),
            *("static/js/../../../server.py", "page//etc/passwd", "static/%2fetc%2fpasswd", "page/%00", "page/"),
            *("page/../../../secret.txt", "download/1", "static/js"),
        ]
        answers = {way: server.get(place + way, cookie) for way in ways}

    for way, (status, _, text) in answers.items():
        assert status in (403, 404), way
        assert "import" not in text
        assert "root:" not in text


def test_a_websocket_is_for_our_own_page_alone(project: Path) -> None:
    with serving(project) as server:
        place, cookie = server.enter()
        ask = {**cookie, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        ask["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        origins: list[dict[str, str]] = [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
        origins += [{"Origin": f"http://127.0.0.1:{server.port + 1}"}, {"Origin": f"http://localhost:{server.port}"}]
        origins += [{"Origin": server.origin, "Host": f"rebound.example:{server.port}"}]
        origins += [{"Origin": server.origin, "Cookie": "onecontext=wrong"}]

        assert [server.get(f"{place}ws", {**ask, **one})[0] for one in origins] == [403] * len(origins)
        assert server.screens() == []


def test_the_board_is_drawn_and_keys_are_passed_on_and_nothing_is_written(project: Path) -> None:
    before = fingerprint(project)

    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        await socket.send_json(["resize", {"width": 100, "height": 30}])
        await socket.send_json(["focus"])
        await socket.send_json(["stdin", "?"])
        await until_drawn(socket, "Watching a team of agents")

    with serving(project) as server:
        look(server, act)
        assert soon(lambda: server.screens() == [])
        server.process.send_signal(signal.SIGTERM)
        out, err = server.process.communicate(timeout=PATIENCE_S)

    assert server.process.returncode == 0
    assert (out, err) == ("", "")
    assert fingerprint(project) == before


def test_the_process_of_a_screen_knows_no_secret(project: Path) -> None:
    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        (screen,) = server.screens()
        told = " ".join([*screen.cmdline(), *(f"{name}={value}" for name, value in screen.environ().items())])
        assert "--served" in told
        assert "sk-secret" not in told
        assert "HOME=" in told
        for process in (screen, psutil.Process(server.process.pid)):
            assert server.token not in " ".join(process.cmdline())
        assert server.token not in told
        assert "-P" in screen.cmdline()

    with serving(project, env={"OPENAI_API_KEY": "sk-secret", "TOKEN_OF_MINE": "sk-secret"}) as server:
        look(server, act)


def test_a_screen_in_a_browser_only_reads(project: Path) -> None:
    before = fingerprint(project)

    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        for key in "PSE":
            await socket.send_json(["stdin", key])
        # Had it asked whether to act, the question would lie over everything, and there would be no help.
        await socket.send_json(["stdin", "?"])
        await until_drawn(socket, "Watching a team of agents")

    with serving(project) as server:
        look(server, act)

    assert fingerprint(project) == before


def test_no_agreement_makes_a_screen_act_that_only_reads() -> None:
    asks, reads = (Control(live=True, agreed={("r", "t")}, reads_only=only) for only in (False, True))

    assert (asks.refusal, asks.may("r", "t")) == ("", True)
    assert "only reads" in reads.refusal
    assert not reads.may("r", "t")
    assert Control(live=True, said=True, reads_only=True).may("r", "t")


def test_with_control_it_acts_and_has_what_commands_need(project: Path) -> None:
    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        (screen,) = server.screens()
        assert screen.cmdline()[-2:] == ["--as=ann", "--control"]
        assert screen.environ()["OPENAI_API_KEY"] == "sk-secret"

    with serving(project, "--control", "--as", "ann", env={"OPENAI_API_KEY": "sk-secret"}) as server:
        look(server, act)


@pytest.mark.parametrize("how", ["close", "abort", "quit", "ctrl-c"])
def test_a_screen_and_its_process_end_together(project: Path, how: str) -> None:
    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        screens.extend(server.screens())
        if how == "abort":
            assert socket._response.connection is not None
            transport = socket._response.connection.transport
            assert transport is not None
            transport.abort()
        elif how in ("quit", "ctrl-c"):
            await socket.send_json(["stdin", "q" if how == "quit" else "\x03"])
            while (await socket.receive(timeout=PATIENCE_S)).type in TOLD:
                pass
            assert socket.closed

    screens: list[psutil.Process] = []
    with serving(project) as server:
        look(server, act)
        assert len(screens) == 1
        assert gone(screens)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_when_the_server_ends_no_process_is_left(project: Path, end: signal.Signals) -> None:
    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        screens.extend(server.screens())
        server.process.send_signal(end)
        await asyncio.to_thread(server.process.wait, PATIENCE_S)

    screens: list[psutil.Process] = []
    with serving(project) as server:
        look(server, act, times=2)
        assert len(screens) == 2
        assert gone(screens)
        assert server.process.returncode == (-end if end == signal.SIGKILL else 0)


def test_a_process_that_does_not_end_is_killed(project: Path) -> None:
    async def act(socket: Socket) -> None:
        await until_drawn(socket, "fix-offers")
        screens.extend(server.screens())
        screens[0].suspend()

    screens: list[psutil.Process] = []
    with serving(project) as server:
        look(server, act)
        assert gone(screens)


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x01",
        "no JSON",
        "[]",
        "{}",
        '["run", "ls"]',
        '["stdin", 7]',
        '["resize", 7]',
        '["ping", [1]]',
        "[" * 9_999,
    ],
)
def test_a_browser_that_says_what_nobody_understands_is_cut_off(project: Path, said: Any) -> None:
    async def act(socket: Socket) -> None:
        await (socket.send_bytes(said) if isinstance(said, bytes) else socket.send_str(said))
        while (await socket.receive(timeout=PATIENCE_S)).type in TOLD:
            pass
        assert socket.closed

    with serving(project) as server:
        look(server, act)
        assert soon(lambda: server.screens() == [])
        assert server.process.poll() is None


def test_it_listens_on_loopback_alone(project: Path) -> None:
    with serving(project) as server:
        places = {one.laddr for one in psutil.Process(server.process.pid).net_connections("inet")}

    assert {(place.ip, place.port) for place in places} == {("127.0.0.1", server.port)}


def test_more_connections_than_there_may_be_are_one_sentence_and_wait(project: Path) -> None:
    with serving(project) as server:
        process = psutil.Process(server.process.pid)
        process.rlimit(psutil.RLIMIT_NOFILE, (64, 64))
        many = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        for one in many:
            one.sendall(b"GET / HTTP/1.1\r\n")
        assert soon(lambda: process.num_fds() == 64)
        time.sleep(2)
        for one in many:
            one.close()
        assert server.get("/")[0] == 403
        server.process.send_signal(signal.SIGINT)
        _, err = server.process.communicate(timeout=PATIENCE_S)

    assert err.splitlines() == ["too many connections are open; others wait until some are closed"]


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["monitor", "--serve", *arguments], env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_what_cannot_be_served_is_said_in_a_sentence(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = run(project, "--port", str(port))
    assert (code, out) == (3, "")
    assert f"127.0.0.1:{port}" in err
    assert "--port 0" in err

    assert run(project, "--port", "70000")[0] == 2
    assert run(project, "--once")[0] == 2
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    code, out, err = run(project)
    assert (code, out) == (3, "")
    assert "pip install 'onecontext-teams[serve]'" in err


def test_the_page_takes_nothing_from_a_network(project: Path) -> None:
    with serving(project) as server:
        place, cookie = server.enter()
        page, style = server.get(place, cookie)[2], server.get(f"{place}page/page.css", cookie)[2]

    assert "://" not in page.replace(f"ws://127.0.0.1:{server.port}/", "")
    assert "://" not in style
    assert '"static/js/textual.js"' in page
    assert server.token not in page
