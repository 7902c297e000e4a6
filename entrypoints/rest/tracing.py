"""Traces by OpenTelemetry, if an OTEL_* variable asks for them: requests, predictions and the loading of models.

Without one, nothing is imported and a span costs a function call. No span holds words of a paper.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from django.http import HttpRequest

from domain.errors import ConfigurationError, MissingPackageError
from entrypoints.version import NAME, program_version

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_FLUSH_MILLISECONDS = 2000
_NONE: AbstractContextManager[None] = nullcontext()
Value = str | int | float | bool


class _Tracing:
    """The tracer of this process, None if nothing is traced, and the function that ends it."""

    tracer: Any = None
    close: Callable[[], None] | None = None


def wanted(environment: Mapping[str, str]) -> bool:
    """Returns whether OTEL_* variables ask for traces.

    Raises ConfigurationError for an exporter or a protocol other than OTLP over HTTP.
    """
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise ConfigurationError(
            f"OTEL_TRACES_EXPORTER is {exporter!r}. The API sends traces by otlp. Set otlp or none."
        )
    if exporter != "otlp" and not any(environment.get(name) for name in _ENDPOINTS):
        return False
    for name in _PROTOCOLS:
        if environment.get(name, _PROTOCOL) != _PROTOCOL:
            raise ConfigurationError(f"{name} is {environment[name]!r}. The API sends traces by {_PROTOCOL}. Set that.")
    return True


def set_up(exporter: Any = None) -> None:
    """Begins to trace in this process if the environment asks for it, or with an `exporter`.

    A forked process calls it anew, because the thread that sends spans stays behind. Raises MissingPackageError without
    the extra, and ConfigurationError as `wanted` does.
    """
    if exporter is None and not wanted(os.environ):
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = exporter or _otlp_exporter()
    except ImportError as error:
        raise MissingPackageError("Traces need the packages of OpenTelemetry.", extra="tracing") from error
    # OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME come over these.
    named = {"service.version": program_version()}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        named["service.name"] = NAME
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _Tracing.tracer = provider.get_tracer(NAME, program_version())
    _Tracing.close = partial(_ended, provider)


def close() -> None:
    """Sends the spans that wait, for two seconds at most, and ends tracing in this process."""
    end, _Tracing.tracer, _Tracing.close = _Tracing.close, None, None
    if end is not None:
        end()


def span(name: str, **attributes: Value) -> AbstractContextManager[object]:
    """Returns a context that is measured as a part of the current span."""
    if _Tracing.tracer is None:
        return _NONE
    named = {f"arxiv_classifier.{key}": value for key, value in attributes.items()}
    found: AbstractContextManager[object] = _Tracing.tracer.start_as_current_span(name, attributes=named)
    return found


class RequestSpan:
    """The span of one request, from its arrival until its answer is sent. It does nothing if nothing is traced."""

    def __init__(self, request: HttpRequest) -> None:
        self._span: Any = None
        if _Tracing.tracer is not None:
            from opentelemetry.propagate import extract
            from opentelemetry.trace import SpanKind

            begun = extract(_carrier(request))
            self._span = _Tracing.tracer.start_span(_method(request), context=begun, kind=SpanKind.SERVER)

    def current(self) -> AbstractContextManager[object]:
        """Returns a context in which other spans are parts of this one."""
        if self._span is None:
            return _NONE
        from opentelemetry.trace import use_span

        current: AbstractContextManager[object] = use_span(self._span)
        return current

    def end(self, request: HttpRequest, route: str, status: int, request_id: str) -> None:
        """Ends the span with the attributes that OpenTelemetry's conventions name."""
        if self._span is None:
            return
        from opentelemetry.trace import StatusCode

        self._span.update_name(f"{_method(request)} {route}")
        self._span.set_attributes(
            {
                "http.request.method": _method(request),
                "http.route": route,
                "url.path": request.path_info[:200],
                "http.response.status_code": status,
                "arxiv_classifier.request_id": request_id,
            }
        )
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def _carrier(request: HttpRequest) -> dict[str, str]:
    """Returns the headers that name the trace of which the request is a part."""
    found = {name: request.META.get(f"HTTP_{name.upper()}", "") for name in ("traceparent", "tracestate", "baggage")}
    return {name: value for name, value in found.items() if value}


def _method(request: HttpRequest) -> str:
    return request.method if request.method in ("GET", "POST", "OPTIONS", "HEAD") else "_OTHER"


def _otlp_exporter() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _ended(provider: Any) -> None:
    provider.force_flush(_FLUSH_MILLISECONDS)
    provider.shutdown()
