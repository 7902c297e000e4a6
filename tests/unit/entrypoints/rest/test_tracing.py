"""Traces of the API: what they hold, of what they are a part, and what asks for them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.errors import ConfigurationError
from tests.unit.entrypoints.rest.conftest import TEXT, Call

pytest.importorskip("django")
pytest.importorskip("opentelemetry.sdk")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
Spans = Callable[[], dict[str, Any]]


@pytest.fixture
def spans(environment: None) -> Iterator[Spans]:
    """Traces into memory; ends it and gives the spans by their names."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from entrypoints.rest import tracing

    exporter = InMemorySpanExporter()
    tracing.set_up(exporter)

    def sent() -> dict[str, Any]:
        tracing.close()
        found = exporter.get_finished_spans()
        return {span.name: span for span in found}

    yield sent
    tracing.close()


def test_a_request_has_its_parts(call: Call, spans: Spans) -> None:
    """A prediction is a trace of the request, the model's load, the prediction and its explanation."""
    call("POST", "predict/", {"abstracts": [TEXT, TEXT], "explain": True, "top_k": 1}, **{"X-Request-ID": "mine"})
    found = spans()
    request = found["POST api/v1/predict/"]
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "api/v1/predict/",
        "url.path": "/api/v1/predict/",
        "http.response.status_code": 200,
        "arxiv_classifier.request_id": "mine",
    }
    assert request.kind.name == "SERVER"
    assert found["predict"].attributes["arxiv_classifier.abstracts"] == 2
    assert found["predict"].attributes["arxiv_classifier.model"].startswith("fake/")
    assert found["explain"].parent.span_id == request.context.span_id
    for name in ("load model", "predict"):
        assert found[name].parent.span_id == request.context.span_id
        assert request.start_time <= found[name].start_time <= found[name].end_time <= request.end_time
    assert request.resource.attributes["service.name"] == "arxiv-classifier"
    assert TEXT not in "".join(str(dict(span.attributes)) for span in found.values())


def test_a_stream_ends_with_its_last_line(call: Call, spans: Spans) -> None:
    """The span of a stream includes the predictions that are made while it is sent."""
    response = call("POST", "predict/", {"abstracts": [TEXT]}, **{"Accept": "application/x-ndjson"})
    lines = b"".join(response.streaming_content)
    found = spans()
    assert lines.count(b"\n") == 1
    assert found["predict"].end_time <= found["POST api/v1/predict/"].end_time


def test_a_request_goes_on_with_the_clients_trace(call: Call, spans: Spans) -> None:
    """The header `traceparent` names the trace and the span of which the request is a part."""
    call("GET", "models/", traceparent=f"00-{TRACE}-{PARENT}-01")
    (request,) = (span for name, span in spans().items() if name.startswith("GET"))
    assert (f"{request.context.trace_id:032x}", f"{request.parent.span_id:016x}") == (TRACE, PARENT)


def test_a_failure_is_an_error(call: Call, spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of 500 marks its span. One of 400 does not, because it is the client's."""
    from entrypoints.rest import views

    call("POST", "advise/", {})

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(views, "_route", broken)
    call("POST", "predict/", {"abstracts": [TEXT]})
    states = {span.attributes["http.response.status_code"]: span.status.status_code.name for span in spans().values()}
    assert states == {400: "UNSET", 500: "ERROR"}


def test_probes_are_not_traced(call: Call, spans: Spans) -> None:
    """Orchestrators ask for health every few seconds, and no trace tells of it."""
    for path in ("live/", "health/"):
        call("GET", path)
    assert set(spans()) <= {"load model"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
    ],
)
def test_variables_ask_for_traces(environment: dict[str, str], expected: bool) -> None:
    """An exporter or an endpoint asks for traces, unless they are switched off."""
    from entrypoints.rest.tracing import wanted

    assert wanted(environment) is expected


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin'"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'. The API sends traces by http/protobuf. Set that.",
        ),
    ],
)
def test_other_exporters_are_refused(environment: dict[str, str], message: str) -> None:
    """An exporter that the API does not have is refused at the start."""
    from entrypoints.rest.tracing import wanted

    with pytest.raises(ConfigurationError, match=message):
        wanted(environment)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """If traces are asked for and the packages are missing, the message names the extra."""
    from entrypoints.rest import tracing

    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match="tracing"):
        tracing.set_up()


def test_without_variables_nothing_is_imported() -> None:
    """A process whose environment asks for no traces imports nothing of OpenTelemetry."""
    code = "import sys, entrypoints.rest.tracing as t; t.set_up(); print([m for m in sys.modules if 'opentel' in m])"
    done = subprocess.run([sys.executable, "-c", code], env={"PATH": ""}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
