"""Servers over streamable HTTP: the same skill, headers from the environment, and logging in."""

import urllib.request
from pathlib import Path

import pytest

from skills.mcp.calling import Caller, listed
from skills.mcp.faults import NeedsLogin
from skills.mcp.start import Server, Start
from skills.mcp.trusting import trust
from tests.support.mcp import Person, person, tool
from tests.support.mcp_http import Shop, serving

__all__ = ["person"]

ODD = '{ "type" :"object",  "properties":{"a":{"type":"number","default":1.0e2,"title":"\\u00e9"}} }'


@pytest.mark.parametrize("events", [False, True], ids=["json", "events"])
def test_a_server_over_http_is_imported_to_the_byte_and_called(person: Person, events: bool) -> None:
    person.env["SHOP_TOKEN"] = "let-me-in-please"
    with serving(Shop([tool("buy", ODD)], events=events)) as shop:
        header = "Authorization: Bearer ${SHOP_TOKEN}"
        imported = person.says("skill", "import-mcp", "shop", "--url", shop.url, "--header", header)
        called = person.says("call", "shop", "buy", "a=000123")
        person.end()

    assert imported.code == 0, imported.err
    folder = person.project / ".agents/skills/shop"
    assert (folder / "schemas/buy.json").read_bytes() == ODD.encode()
    assert called.out == '{"a": 123}\n'
    assert {seen["authorization" if "authorization" in seen else "Authorization"] for seen in shop.headers_seen} == {
        "Bearer let-me-in-please"
    }
    assert "let-me-in" not in (folder / "server.json").read_text()


def test_nobody_at_the_address_is_one_sentence(person: Person) -> None:
    ran = person.says("skill", "import-mcp", "shop", "--url", "http://127.0.0.1:9/mcp")

    assert ran.code == 3
    assert "the MCP server shop cannot be reached" in ran.err


def test_a_person_logs_in_once_and_the_next_call_needs_nobody(person: Person, tmp_path: Path) -> None:
    with serving(Shop([tool("buy")], guarded=True)) as shop:
        server, opened = _server(person, shop, tmp_path), []

        found = listed(server, person.env, timeout_s=60, show=lambda url: opened.append(_browse(url)))
        with Caller(server, person.env) as caller:
            caller.call("buy", {})
        person.end()

    assert [one.name for one in found.tools] == ["buy"]
    assert len(opened) == 1
    assert "You are logged in" in opened[0]
    assert shop.grants == ["authorization_code"]
    for path in [*person.home.rglob("*"), *person.project.rglob("*"), *Path(person.env["XDG_RUNTIME_DIR"]).rglob("*")]:
        assert not path.is_file() or b"access-1" not in path.read_bytes()


def test_a_token_that_ended_is_renewed_without_a_person(person: Person, tmp_path: Path) -> None:
    with serving(Shop([tool("buy")], guarded=True, ends_in_s=1)) as shop:
        server = _server(person, shop, tmp_path)
        listed(server, person.env, timeout_s=60, show=_browse)
        shop.access.clear()

        with Caller(server, person.env) as caller:
            said = _after_a_second(caller)
        person.end()

    assert said == "{}"
    assert shop.grants[0] == "authorization_code"
    assert set(shop.grants[1:]) == {"refresh_token"}


def test_where_nobody_can_be_asked_it_is_said_what_to_do(person: Person, tmp_path: Path) -> None:
    with serving(Shop([tool("buy")], guarded=True)) as shop:
        server = _server(person, shop, tmp_path)

        with Caller(server, person.env) as caller, pytest.raises(NeedsLogin, match="wants you to log in") as raised:
            caller.call("buy", {})
        person.end()

    assert "--login" in raised.value.hint


def _after_a_second(caller: Caller) -> str:
    import time

    time.sleep(1.1)
    return caller.call("buy", {}).text()


def _server(person: Person, shop: Shop, tmp_path: Path) -> Server:
    server = Server("shop", tmp_path / "shop", person.project, Start(url=shop.url))
    trust(server, person.env)
    return server


def _browse(url: str) -> str:
    with urllib.request.urlopen(url) as page:
        return str(page.read().decode())
