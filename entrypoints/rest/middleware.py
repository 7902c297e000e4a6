"""What happens around every request: an id, a log line, metrics; keys, rates, and the size of the body."""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase

from entrypoints.rest import failures, metrics
from entrypoints.rest.callers import client_of, key_of
from entrypoints.rest.problems import Problem
from entrypoints.rest.state import state

Handler = Callable[[HttpRequest], HttpResponseBase]
_logger = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# What a probe or a scraper asks for, many times a minute and without a key.
_OPEN = frozenset({"/api/v1/health/", "/api/v1/live/", "/api/v1/ready/", "/metrics"})
_PAGES = ("/api/v1/docs/", "/api/v1/redoc/", "/api/v1/schema/", "/static/")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Swagger UI and ReDoc start from a script in the page and draw with styles and images of their own.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)


def observed(next_: Handler) -> Handler:
    """Gives each request an id, answers what nobody else did, and tells log and metrics how it went."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id
        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = next_(request)
            if response.streaming and not getattr(response, "file_to_stream", None):
                response.streaming_content = _told_when_sent(request, response, request_id, started)
            else:
                _tell(request, response, time.perf_counter() - started)
        except Exception as error:  # Django answers its views' errors itself; this is one of a middleware
            response = failures.answered(error, request)
            _tell(request, response, time.perf_counter() - started)
        finally:
            structlog.contextvars.clear_contextvars()
        _add_headers(request, response, request_id)
        return response

    return handle


def _told_when_sent(request: HttpRequest, response: Any, request_id: str, started: float) -> Iterator[bytes]:
    """An answer that is made while it is sent, and told of behind its last part."""
    content = response.streaming_content

    def parts() -> Iterator[bytes]:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                yield from content
            finally:
                _tell(request, response, time.perf_counter() - started)

    return parts()


def guarded(next_: Handler) -> Handler:
    """Refuses who has no key, asks too often or sends too much, before anything is read."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        problem = _refusal(request)
        if problem is not None:
            return problem.response(instance=request.path, request_id=getattr(request, "request_id", ""))
        return next_(request)

    return handle


def _refusal(request: HttpRequest) -> Problem | None:
    if request.path in _OPEN:
        return None
    request.get_host()  # raises where this server does not answer to that name
    if request.path.startswith(_PAGES) or request.method == "OPTIONS":
        return None
    key = key_of(request)
    if not state().keys.open and not state().keys.admits(key):
        return _UNKNOWN_KEY
    wait = state().throttle.wait(key if key and not state().keys.open else _client(request))
    if wait:
        detail = f"More than {state().options.rate} requests. Ask again after {wait} seconds."
        return Problem(429, "too-many-requests", detail, (), (("Retry-After", str(wait)),))
    return _body_refusal(request)


_UNKNOWN_KEY = Problem(
    401,
    "unknown-key",
    "An API key is asked for, and this request has none that is known. Send the header Authorization: Bearer KEY.",
    (),
    (("WWW-Authenticate", "Bearer"),),
)


def _body_refusal(request: HttpRequest) -> Problem | None:
    most = state().options.max_body_bytes
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        detail = "The body is compressed. Send it as it is, without Content-Encoding."
        return Problem(415, "compressed-body", detail, (), (("Accept-Encoding", "identity"),))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most:
        return Problem(
            413,
            "body-too-large",
            f"The body has {int(length):,} bytes; the limit is {most:,}. Send fewer abstracts at once.",
        )
    if request.method == "POST":
        kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "") and not kind.endswith("+json"):
            return Problem(415, "not-json", "The body's Content-Type is not JSON. Send Content-Type: application/json.")
    return None


def _client(request: HttpRequest) -> str:
    return client_of(request, proxy=state().options.proxy)


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = getattr(request, "resolver_match", None)
    route = match.route if match else "unknown"
    method = request.method if request.method in ("GET", "POST", "OPTIONS", "HEAD") else "other"
    metrics.REQUESTS.labels(method, route, str(response.status_code)).inc()
    metrics.LATENCY.labels(route).observe(seconds)
    if request.path in _OPEN and response.status_code < 400:
        return
    told: dict[str, Any] = getattr(request, "told", {})
    _logger.info(
        "request_finished",
        method=method,
        path=request.path[:200],
        status=response.status_code,
        milliseconds=round(seconds * 1000, 3),
        client=_client(request),
        **told,
    )


def _add_headers(request: HttpRequest, response: HttpResponseBase, request_id: str) -> None:
    response.headers["X-Request-ID"] = request_id
    if not response.streaming:
        response.headers.setdefault("Content-Length", str(len(response.content)))
    page = response.headers.get("Content-Type", "").startswith("text/html")
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY if page else _API_POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
