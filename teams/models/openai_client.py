"""OpenAI's client for messages that are in the wire's form already; litellm is handed it for servers of that protocol.

Rule 1: of the client only the way in is another. What is sent, how a stream is read and what is raised stay its own.

Why so: its ``create`` compares each message of a conversation with every type that a message can have, in each turn
anew: 14 ms of CPU after 50 turns, and growing. What :mod:`teams.models.wire` makes has nothing that would be changed.
"""

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

CLIENTS = 16
"""How many are kept, each with its connections and certificates: one for each server and key."""


@lru_cache(CLIENTS)
def wire_client(key: str, api_base: str, certificates: Callable[[], Any]) -> Any:
    """Return the client for the server at ``api_base``, "" for OpenAI's own or the one that the environment names.

    What the environment says of servers and organizations counts as it does for litellm. Threads may share it.

    Args:
        certificates: returns which to believe, as httpx's ``verify`` has them; asked when the client is made.
    """
    import openai

    class OpenAI(openai.OpenAI):  # type: ignore[misc]  # of the same name: it is what the server is told of who asks
        @property
        def chat(self) -> Any:
            return _Chat(self)

    return OpenAI(
        api_key=key,
        base_url=api_base or os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or None,
        organization=os.environ.get("OPENAI_ORGANIZATION") or None,
        max_retries=0,
        http_client=openai.DefaultHttpxClient(verify=certificates()),
    )


def is_of_the_client(stream: Any) -> bool:
    """Say whether ``stream`` is one of the client's own, with pieces as the server sent them."""
    import openai

    return isinstance(stream, openai.Stream)


class _Chat:
    """What litellm calls: ``client.chat.completions.with_raw_response.create(…)``."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def completions(self) -> "_Chat":
        return self

    @property
    def with_raw_response(self) -> "_Chat":
        return self

    def create(
        self,
        *,
        timeout: Any,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **body: Any,
    ) -> "_Response":
        """Send ``body`` as it is; the arguments are those of the client's own ``create``."""
        from openai import Stream
        from openai.types.chat import ChatCompletion, ChatCompletionChunk

        streamed = bool(body.get("stream"))
        options = {"timeout": timeout, "headers": extra_headers, "params": extra_query, "extra_json": extra_body}
        return _Response(
            self._client.post(
                "/chat/completions",
                body=body,
                options={name: value for name, value in options.items() if value is not None},
                cast_to=ChatCompletionChunk if streamed else ChatCompletion,
                stream=streamed,
                stream_cls=Stream[ChatCompletionChunk],
            )
        )


class _Response:
    """An answer before it is read."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        response = getattr(answer, "response", None)
        self.headers: Mapping[str, str] = {} if response is None else response.headers

    def parse(self) -> Any:
        return self._answer
