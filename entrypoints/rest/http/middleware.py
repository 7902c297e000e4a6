"""Work around every request: its id, log line, metrics, headers and admission."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase

from domain.log_events import log_event
from entrypoints.rest import metrics
from entrypoints.rest.http import error_responses
from entrypoints.rest.http.admission import refusal
from entrypoints.rest.http.client_identity import client_of
from entrypoints.rest.http.request_work import ClientGoneError
from entrypoints.rest.routes import MONITORING, route_of
from entrypoints.rest.state import state
from entrypoints.rest.tracing import RequestSpan

Handler = Callable[[HttpRequest], HttpResponseBase]
_logger = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Swagger UI and ReDoc start from a script in the page and use their own styles and images.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)


def observed(next_: Handler) -> Handler:
    """Gives each request an id, answers unhandled errors, and records the request in log and metrics."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id
        started = time.perf_counter()
        request.span = RequestSpan(request) if route_of(request.path_info) not in MONITORING else None
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            with _traced(request):
                response = next_(request)
            if response.streaming and not getattr(response, "file_to_stream", None):
                response.streaming_content = _logged_when_sent(request, response, request_id, started)
            else:
                _record(request, response, time.perf_counter() - started)
        except Exception as error:  # Django handles the errors of views; this one comes from a middleware
            response = error_responses.answered(error, request)
            _record(request, response, time.perf_counter() - started)
        finally:
            structlog.contextvars.clear_contextvars()
        _add_headers(request, response, request_id)
        return response

    return handle


def _logged_when_sent(request: HttpRequest, response: Any, request_id: str, started: float) -> Iterator[bytes]:
    """Streams an answer, and logs it after the last part. An answer that the client did not read whole is marked."""
    content = response.streaming_content

    def parts() -> Iterator[bytes]:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                yield from content
            except (ClientGoneError, GeneratorExit):
                request.log_fields = {**getattr(request, "log_fields", {}), "broken_off": True}
                raise
            finally:
                _record(request, response, time.perf_counter() - started)

    return parts()


def _traced(request: HttpRequest) -> AbstractContextManager[object]:
    return nullcontext() if request.span is None else request.span.current()


def guarded(next_: Handler) -> Handler:
    """Refuses requests without a key, beyond the rate or with too large a body, before the body is read."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if route_of(request.path_info) not in MONITORING:
            request.get_host()  # raises if the host name is not allowed
        problem = refusal(request)
        if problem is not None:
            return problem.response(instance=request.path_info, request_id=getattr(request, "request_id", ""))
        return next_(request)

    return handle


def _record(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = getattr(request, "resolver_match", None)
    route = match.route if match else "unknown"
    method = request.method if request.method in ("GET", "POST", "OPTIONS", "HEAD") else "other"
    metrics.labelled(metrics.REQUESTS, method, route, str(response.status_code)).inc()
    metrics.labelled(metrics.LATENCY, route).observe(seconds)
    if request.span is not None:
        request.span.end(request, route, response.status_code, request.request_id)
    if match and match.url_name in MONITORING and response.status_code < 400:
        return
    fields: dict[str, Any] = getattr(request, "log_fields", {})
    log_event(
        _logger,
        "request_finished",
        method=method,
        path=request.path_info[:200],
        status=response.status_code,
        milliseconds=round(seconds * 1000, 3),
        client=client_of(request, proxies=state().options.proxies),
        **fields,
    )


def _add_headers(request: HttpRequest, response: HttpResponseBase, request_id: str) -> None:
    response.headers["X-Request-ID"] = request_id
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", "5")
    if not response.streaming:
        response.headers.setdefault("Content-Length", str(len(response.content)))
    page = response.headers.get("Content-Type", "").startswith("text/html")
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY if page else _API_POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
