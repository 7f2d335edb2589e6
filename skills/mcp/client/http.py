"""A server that is reached over streamable HTTP.

Rule 1: an answer is bounded: more than 64 MiB that are no stream of events end the call.
Rule 2: the text of answers to ``tools/list`` is taken before anything is made of it, so nothing may compress it.
Rule 3: TLS is checked, redirects leave no origin (the SDK sees to that), and credentials go to the named server alone.

Source: Model Context Protocol, revision 2025-11-25, basic/transports#streamable-http.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from skills.mcp.client.raw import MAX_KEPT_BYTES, METHOD, Answers, Posted

_TIMEOUT = httpx2.Timeout(30.0, read=3600.0)  # the time of a call has its own end


@asynccontextmanager
async def http_streams(
    url: str, headers: Mapping[str, str], answers: Answers, auth: httpx2.Auth | None = None
) -> AsyncIterator[Any]:
    """Reach ``url`` and yield the two streams that the SDK's client reads and writes."""
    client = httpx2.AsyncClient(
        headers={"accept-encoding": "identity", **headers}, auth=auth, timeout=_TIMEOUT, transport=_Tee(answers)
    )
    async with client, streamable_http_client(url, http_client=client, max_sse_event_size=MAX_KEPT_BYTES) as streams:
        yield streams


class _Tee(httpx2.AsyncBaseTransport):
    """Sends requests, bounds what comes back, and shows answers to ``tools/list`` to the one who keeps them."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        posted = request.method == "POST" and self._asks(request)
        response = await self._inner.handle_async_request(request)
        is_events = response.headers.get("content-type", "").startswith("text/event-stream")
        watched = Posted(self._answers, is_events=is_events) if posted else None
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, watched, None if is_events else MAX_KEPT_BYTES)
        return response

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    def _asks(self, request: httpx2.Request) -> bool:
        import json

        try:
            message = json.loads(request.content)
        except (ValueError, httpx2.RequestNotRead):
            return False
        if isinstance(message, dict) and message.get("method") == METHOD and isinstance(message.get("id"), str | int):
            self._answers.asked(message["id"])
            return True
        return False


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, watched: Posted | None, limit_bytes: int | None) -> None:
        self._inner, self._watched, self._limit = inner, watched, limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if self._limit is not None and size > self._limit:
                raise httpx2.ReadError(f"the server's answer is larger than {self._limit:,} bytes")
            if self._watched is not None:
                self._watched.feed(chunk)
            yield chunk
        if self._watched is not None:
            self._watched.finish()

    async def aclose(self) -> None:
        await self._inner.aclose()
