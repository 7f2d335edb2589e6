"""A collector of OpenTelemetry on this machine: takes OTLP over HTTP and keeps what came, as the protocol has it."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.loopback import Loopback, QuietHandler


class Collector(Loopback):
    """``requests`` came so far; ``headers`` theirs. Answers with ``status``, after ``released`` where it ``stalls``."""

    def __init__(self, status: int = 200, *, stalls: bool = False) -> None:
        super().__init__(_Handler)
        self.status = status
        self.stalls = stalls
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[Mapping[str, str]] = []

    @property
    def env(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.address}

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


class _Handler(QuietHandler):
    def do_POST(self) -> None:
        collector: Collector = self.server.owner  # type: ignore[attr-defined]
        body = self.content()
        if collector.stalls:
            collector.released.wait(60)
        if collector.status == 200:
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            collector.headers.append({"path": self.path, **self.headers})
        self.send_response(collector.status)
        self.end_headers()


def attributes_of(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource as plain values."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in holder.attributes}
