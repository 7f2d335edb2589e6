"""``onecontext ctx ask`` with a real client and a server on this machine: what goes over the wire."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.asking import KEY, MARKS
from tests.integration.openai_server import Handler, OpenAIServer, refused, text
from tests.support.missions import Ran, onecontext

pytestmark = MARKS

LINE = "2026-01-01 12:00:00 INFO request {:>7} took 12 ms and went well, as they do\n"
LOG = "".join("ERROR code-4711: disk full\n" if n == 9_876 else LINE.format(n) for n in range(1, 12_001))


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer().running() as running:
        yield running


@pytest.fixture
def handle(tmp_path: Path) -> str:
    (tmp_path / "app.log").write_text(LOG)
    assert onecontext(tmp_path, "init").code == 0
    return onecontext(tmp_path, "ctx", "put", "app.log").stdout.strip()


def ask(folder: Path, server: OpenAIServer, handle: str, *options: str) -> Ran:
    words = ("ctx", "ask", handle, "Which code?", "--model", "openai/gpt-4o-mini", "--api-base", server.url)
    return onecontext(folder, *words, *options, env={"OPENAI_API_KEY": KEY})


def play(handler: Handler) -> None:
    """Answer with the codes in the prompt."""
    asked: OpenAIServer = handler.server.owner  # type: ignore[attr-defined]
    prompt = asked.requests[-1]["messages"][-1]["content"]
    text("; ".join(dict.fromkeys(re.findall(r"code-\d+", prompt))) or "NOTHING")(handler)


def test_no_prompt_has_more_than_20_kb_and_each_call_is_paid_and_counted(
    server: OpenAIServer, tmp_path: Path, handle: str
) -> None:
    server.plan(*[play] * 200)

    asked = ask(tmp_path, server, handle, "--json")

    assert asked.code == 0, asked.stderr
    sizes = [sum(len(one["content"].encode()) for one in request["messages"]) for request in server.requests]
    assert max(sizes) <= 20_000
    assert len(sizes) == asked.data["calls"] == asked.data["portions"] > 40
    assert "code-4711" in asked.data["text"]
    assert not asked.data["partial"]
    assert asked.data["tokens"] == 1_100 * len(sizes)
    assert asked.data["cost_usd"] == pytest.approx(0.00018 * len(sizes))
    assert all("tools" not in request for request in server.requests)


def test_a_server_that_refuses_is_an_error_and_one_that_breaks_off_leaves_what_was_read(
    server: OpenAIServer, tmp_path: Path, handle: str
) -> None:
    (tmp_path / "onecontext.toml").write_text("[model]\nretries = 0\n")
    server.plan(*[refused(401, "no such key")] * 8)
    wrong = ask(tmp_path, server, handle)

    server.plan(*[text("it says code-1")] * 8, *[refused(400, "enough")] * 200)
    broken = ask(tmp_path, server, handle)

    assert (wrong.code, broken.code) == (7, 0)
    assert "no such key" in wrong.stderr
    assert "it says code-1" in broken.stdout
    assert "partial: a call failed: " in broken.stderr
    assert re.search(r"not read: lines [\d,]+ to 12,000", broken.stderr)


def test_an_answer_that_is_kept_is_not_paid_for_again(server: OpenAIServer, tmp_path: Path, handle: str) -> None:
    (tmp_path / "onecontext.toml").write_text("[model]\ncache = true\n")
    server.plan(*[play] * 400)

    first = ask(tmp_path, server, handle, "--json").data
    calls = len(server.requests)
    again = ask(tmp_path, server, handle, "--json").data

    assert len(server.requests) == calls
    assert again["text"] == first["text"]
    assert (again["calls"], again["cost_usd"]) == (first["calls"], 0.0)
