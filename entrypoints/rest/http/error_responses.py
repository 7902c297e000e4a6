"""The answer to each error. Unforeseen errors are logged, and the answer leaves out their text."""

import logging
from typing import Any

from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from domain.errors import (
    ArxivClassifierError,
    CorruptModelError,
    IncompatibleModelError,
    InvalidInputError,
    ModelNotFoundError,
    RegistryUnavailableError,
    StorageUnavailableError,
)
from domain.log_events import log_event
from entrypoints.rest.http.problems import Problem, ProblemError
from entrypoints.rest.http.request_work import ClientGoneError

_logger = logging.getLogger(__name__)

_CLIENT_GONE = 499  # nginx logs this status for a client that has closed its connection; it is never sent
NOT_LOADED = Problem(
    503,
    "model-not-loaded",
    "The model cannot be loaded now; it is tried again. Ask the operator.",
    (),
    (("Retry-After", "5"),),
)
_NOT_KEPT = Problem(
    503,
    "feedback-unavailable",
    "The database of feedback cannot be used now. Send it again later; predictions are not affected.",
    (),
    (("Retry-After", "5"),),
)
MISSING = Problem(404, "not-found", "There is nothing here. /api/v1/docs/ lists what there is.")
_UNFORESEEN = Problem(500, "unforeseen", "Something unforeseen happened. Send the operator the request_id.")
_BODY = Problem(
    400, "unreadable-body", "The body ended before it was whole. Send as many bytes as Content-Length says."
)


def answer(error: Exception, _context: object) -> HttpResponse:
    """Returns the response to an error of a view. REST framework calls it."""
    request: Any = _context["request"] if isinstance(_context, dict) else None
    return answered(error, getattr(request, "_request", request))


def answered(error: Exception, request: HttpRequest | None) -> HttpResponse:
    """Returns the response to an error."""
    if isinstance(error, ClientGoneError):
        return HttpResponse(status=_CLIENT_GONE)
    path = request.path_info if request is not None else ""
    return logged_problem(error).response(instance=path, request_id=getattr(request, "request_id", ""))


def logged_problem(error: Exception) -> Problem:
    """Returns the problem document of an error, and logs the error if the client did not cause it."""
    problem = problem_of(error)
    # The view of feedback logs an outage of its database, once for all requests that fail with it.
    if problem.status >= 500 and not isinstance(error, ProblemError | StorageUnavailableError):
        log_event(_logger, "request_failed", level=logging.ERROR, exception=error)
    return problem


def problem_of(error: Exception) -> Problem:
    """Returns the problem document of an error."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem(405, "method-not-allowed", str(error.detail))
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "body-too-large", "The body has too many bytes. Send fewer abstracts at once.")
    if isinstance(error, Http404):
        return MISSING
    if isinstance(error, DisallowedHost):
        return Problem(
            400, "unknown-host", "This server does not answer to that Host. The option allowed_hosts lists to which."
        )
    if isinstance(error, UnreadablePostError):
        return _BODY
    if isinstance(error, SuspiciousOperation | BadRequest):
        return Problem(400, "bad-request", "The request is malformed.")
    return _of_ours(error)


def _of_ours(error: Exception) -> Problem:
    if isinstance(error, InvalidInputError):
        return Problem(400, "invalid-request", str(error))
    if isinstance(error, ModelNotFoundError | IncompatibleModelError | CorruptModelError | RegistryUnavailableError):
        return NOT_LOADED
    if isinstance(error, StorageUnavailableError):
        return _NOT_KEPT
    if isinstance(error, ArxivClassifierError):
        return Problem(503, "unavailable", "This cannot be answered as the server is set up. Ask the operator.")
    return _UNFORESEEN
