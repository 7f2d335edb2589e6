"""The door to OpenTelemetry: spans go to whatever collector its environment variables name.

Rule 1: it is imported when traces are asked for, and not before; it belongs to the extra ``otel``.
Rule 2: where they go, and with which headers, is said by the standard variables ``OTEL_EXPORTER_OTLP_*`` alone: what
    lies in a repository has no word in it.
Rule 3: nothing here raises because a collector does not answer: that is a result.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from onecontext.errors import SetupError, UsageError
from onecontext.version import __version__
from teams.tracing.span import Place, Span

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OURS = "http/protobuf"
_DEFAULT = "http://localhost:4318"


class Collector:
    """Takes spans and sends them on. ``exporter`` is one of OpenTelemetry's; ``place`` says where it sends, for people.

    Safe for threads.
    """

    def __init__(self, exporter: Any, *, place: str) -> None:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self.place = place
        self._exporter = exporter
        self._one_at_a_time = threading.Lock()
        # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say counts for more than what is given to create().
        said = Resource.create()
        named = not str(said.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service")
        self._resource = said if named else said.merge(Resource({SERVICE_NAME: "onecontext"}))
        self._scope = InstrumentationScope("onecontext", __version__)

    def send(self, spans: Sequence[Span]) -> bool:
        """Send ``spans``; False: they did not arrive, and are not kept.

        That takes ``OTEL_EXPORTER_OTLP_TIMEOUT`` seconds at most, 10 where it says nothing.
        """
        from opentelemetry.sdk.trace.export import SpanExportResult

        try:
            with self._one_at_a_time:
                sent = self._exporter.export([self._theirs(span) for span in spans])
        except Exception:  # noqa: BLE001  # whatever it is, a trace is no reason for a mission to end
            return False
        return bool(sent is SpanExportResult.SUCCESS)

    def close(self) -> None:
        """End what is being sent."""
        self._exporter.shutdown()

    def _theirs(self, span: Span) -> Any:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import Link, SpanKind, Status, StatusCode

        return ReadableSpan(
            span.name,
            context=_context(span.place),
            parent=_context(span.parent) if span.parent else None,
            resource=self._resource,
            attributes=dict(span.attributes),
            links=[Link(_context(span.link))] if span.link else [],
            kind=SpanKind.CLIENT if span.kind == "client" else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, span.why or None) if span.error else Status(),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=self._scope,
        )


def open_collector(env: Mapping[str, str]) -> Collector | None:
    """Return the collector that the environment names, OpenTelemetry's default where it names none.

    None: ``OTEL_SDK_DISABLED`` says that there is to be none.

    Raises:
        SetupError: the extra ``otel`` is not installed. UsageError: the environment asks for another protocol.
    """
    if env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    protocol = next((env[name] for name in _PROTOCOLS if env.get(name)), _OURS)
    if protocol != _OURS:
        raise UsageError(f"traces are sent as {_OURS}, and the environment asks for {protocol}", hint=_hint(protocol))
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SetupError(
            "traces need the extra otel, which is not installed", hint="pip install 'onecontext-teams[otel]'"
        ) from error
    # It says on the screen what we say ourselves, with whole addresses.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    address = next((env[name] for name in _ENDPOINTS if env.get(name)), _DEFAULT)
    return Collector(OTLPSpanExporter(), place=_host(address))


def _hint(protocol: str) -> str:
    port = " (such collectors mostly listen at port 4318 for it)" if protocol == "grpc" else ""
    return f"set OTEL_EXPORTER_OTLP_PROTOCOL={_OURS}, and the address that takes it{port}"


def _host(address: str) -> str:
    """Return an address without what could be a password in it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _context(place: Place) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(place.trace, place.span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
