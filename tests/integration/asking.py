"""Asking a real model's client, with a server on this machine at the other end."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from teams.models.litellm_model import LitellmModel
from teams.models.port import Message, Reply, ToolSpec
from tests.integration.openai_server import Answer, OpenAIServer, text

KEY = "sk-not-to-be-seen-anywhere"
ADD = ToolSpec("add", "Add numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})
ASKED = [Message("system", "You are ann."), Message("user", "hi")]

MARKS = [
    # Pydantic about types and habits of litellm's own, where it first uses a provider or reads a chunk.
    pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*Accessing the .* attribute on the instance"),
    # What its own modules will stop using, which the one that imports it first is told.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


class Ask:
    """Asks a model at the server; ``waits`` are the seconds it would have slept, ``pieces`` the text as it came."""

    def __init__(self, server: OpenAIServer, *, name: str = "openai/gpt-4o-mini") -> None:
        self.server = server
        self.name = name
        self.waits: list[float] = []
        self.pieces: list[str] = []

    def __call__(
        self, *answers: Answer, stall_s: float = 10, retries: int = 0, name: str = "", messages: list[Message] = ASKED
    ) -> Reply:
        self.server.plan(*answers)
        model = LitellmModel(
            name or self.name,
            route=name or self.name,
            key=KEY,
            api_base=self.server.url,
            stall_s=stall_s,
            retries=retries,
            sleep=self.waits.append,
        )
        return model.reply(messages, [ADD], on_text=self.pieces.append)


def warm_up() -> None:
    """Let litellm load what it loads on a first request, so that no test measures that."""
    with OpenAIServer().running() as server:
        Ask(server)(text("warm"), stall_s=60)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Warm up before the first test of a module that imports this."""
    warm_up()


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """Give a server that answers as a test plans."""
    with OpenAIServer().running() as running:
        yield running


@pytest.fixture
def ask(server: OpenAIServer) -> Ask:
    """Give who asks that server."""
    return Ask(server)


def streams() -> list[threading.Thread]:
    """Return the reading threads that are still there."""
    return [thread for thread in threading.enumerate() if thread.name == "model-stream"]


def soon(condition: Callable[[], bool], within_s: float = 4) -> bool:
    """Say whether ``condition`` becomes true in time."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
