"""Traces of a server with a worker, sent to a collector that listens."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.e2e.server import TEXT, Server

pytest.importorskip("granian")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def collector() -> Iterator[tuple[str, "Queue[bytes]"]]:
    """The address of a collector, and the bodies that are sent to it."""
    bodies: Queue[bytes] = Queue()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


def test_a_server_sends_its_traces(tmp_path: Path, collector: tuple[str, "Queue[bytes]"]) -> None:
    """The parent's load of the model and a worker's prediction arrive, under the service's name."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    address, bodies = collector
    variables: dict[str, Any] = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "papers"}
    with Server(tmp_path, **variables) as server:
        assert server.predict(TEXT).status == 200
    sent = [ExportTraceServiceRequest.FromString(bodies.get()) for _ in range(bodies.qsize())]
    resources = [each for request in sent for each in request.resource_spans]
    spans = [span for each in resources for scope in each.scope_spans for span in scope.spans]
    named = {attribute.value.string_value for each in resources for attribute in each.resource.attributes}
    assert "papers" in named
    assert {"load model", "predict", "POST api/v1/predict/"} <= {span.name for span in spans}
    request, predict = (next(s for s in spans if s.name == name) for name in ("POST api/v1/predict/", "predict"))
    assert predict.parent_span_id == request.span_id


def test_a_collector_that_is_away_stops_no_server(tmp_path: Path) -> None:
    """The server starts, answers and stops although no collector takes its traces."""
    with Server(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as server:
        assert server.predict(TEXT).status == 200
    assert server.process.returncode == 0
