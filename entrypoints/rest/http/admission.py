"""Decides whether a request is admitted, by its key, its rate, and its headers about the body."""

from django.http import HttpRequest

from entrypoints.rest.http.client_identity import client_of, key_of, rate_key_of
from entrypoints.rest.http.error_responses import MISSING
from entrypoints.rest.http.problems import Problem
from entrypoints.rest.routes import Access, access_to, route_of
from entrypoints.rest.state import state

ADMISSION = "arxiv_classifier.admission"
"""Key of the WSGI environment that holds the decision; no header can have this name."""

_UNKNOWN_KEY = Problem(
    401,
    "unknown-key",
    "An API key is asked for, and this request has none that is known. Send the header Authorization: Bearer KEY.",
    (),
    (("WWW-Authenticate", "Bearer"),),
)


def refusal(request: HttpRequest) -> Problem | None:
    """Returns why a request is refused; None if it is admitted. It is decided and counted once, from the headers."""
    if ADMISSION not in request.META:
        request.META[ADMISSION] = _decide(request)
    decided: Problem | None = request.META[ADMISSION]
    return decided


def _decide(request: HttpRequest) -> Problem | None:
    access = access_to(route_of(request.path_info))
    if access is Access.OPEN:
        return None
    return _closed_to(request, access) or _body_refusal(request)


def _closed_to(request: HttpRequest, access: Access) -> Problem | None:
    keys, options = state().keys, state().options
    if access is Access.KEY and keys.open and not options.rate:  # every client is admitted
        return None
    key, client = key_of(request), rate_key_of(client_of(request, proxies=options.proxies))
    if not keys.open and keys.admits(key):
        return _too_often(key)
    if access is Access.PUBLIC and options.public_docs:
        limited = not keys.open or bool(options.rate)
        return _too_often(client, public=True) if limited else None
    if not keys.open:
        return _UNKNOWN_KEY
    return MISSING if access is Access.PUBLIC else _too_often(client)


def _too_often(client: str, *, public: bool = False) -> Problem | None:
    throttle, rate = state().throttle, state().options.rate
    if public:
        throttle, rate = state().public_throttle, state().options.public_rate
    wait = throttle.wait(client)
    if not wait:
        return None
    detail = f"More than {rate} requests. Ask again after {wait} seconds."
    return Problem(429, "too-many-requests", detail, (), (("Retry-After", str(wait)),))


def body_too_large(size: str) -> Problem:
    """Returns the problem of a body of that size, such as `1,000 bytes`."""
    detail = f"The body has {size}; the limit is {state().options.max_body_bytes:,}. Send fewer abstracts at once."
    return Problem(413, "body-too-large", detail)


def _body_refusal(request: HttpRequest) -> Problem | None:
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in ("", "identity"):
        detail = "The body is compressed. Send it as it is, without Content-Encoding."
        return Problem(415, "compressed-body", detail, (), (("Accept-Encoding", "identity"),))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > state().options.max_body_bytes:
        return body_too_large(f"{int(length):,} bytes")
    if request.method == "POST":
        kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "") and not kind.endswith("+json"):
            return Problem(415, "not-json", "The body's Content-Type is not JSON. Send Content-Type: application/json.")
    return None
