"""A collector of OpenTelemetry on this machine: takes OTLP over HTTP and keeps what came, as the protocol has it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """``requests`` came so far; ``headers`` theirs. Answers with ``status``, after ``released`` where it ``stalls``."""

    def __init__(self, status: int = 200, *, stalls: bool = False) -> None:
        self.status = status
        self.stalls = stalls
        self.released = threading.Event()
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[Mapping[str, str]] = []
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.collector = self

    @property
    def env(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._http.server_port}"}

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def service(self) -> str:
        attributes = attributes_of(self.requests[0].resource_spans[0].resource)
        return str(attributes["service.name"])

    @contextmanager
    def running(self) -> Iterator["Collector"]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join(5)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    collector: Collector

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up are what some tests are about


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        collector: Collector = self.server.collector  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if collector.stalls:
            collector.released.wait(60)
        if collector.status == 200:
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            collector.headers.append({"path": self.path, **self.headers})
        self.send_response(collector.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        pass


def attributes_of(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource as plain values."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in holder.attributes}
