"""POST /api/v1/feedback/: the true categories of papers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from domain.errors import StorageUnavailableError
from domain.log_events import log_event
from entrypoints.rest import schema
from entrypoints.rest.feedback.requests import FeedbackLimits, FeedbackRequest, as_answer, read_feedback
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.state import state
from entrypoints.rest.variants.metrics import FEEDBACK
from entrypoints.rest.views import body_of, json_answer, not_set_up

_logger = logging.getLogger(__name__)
_PATIENCE = 1.0


@cache
def _places() -> BoundedSemaphore:
    """Returns the semaphore that lets half of a worker's threads wait for the database. The others predict."""
    return BoundedSemaphore(max(1, state().options.threads // 2))


@contextmanager
def _few_at_once() -> Iterator[None]:
    if not _places().acquire(timeout=_PATIENCE):
        raise StorageUnavailableError("Too much feedback waits for the database.")
    try:
        yield
    finally:
        _places().release()


class Outage:
    """Logs once that the database fails, however many requests fail with it, and once that it is back."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lasts = False

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Logs the outcome of the block, and lets errors pass."""
        try:
            yield
        except StorageUnavailableError as error:
            if self._becomes(lasting=True):
                log_event(_logger, "feedback_not_ready", level=logging.ERROR, reason=str(error))
            raise
        if self._becomes(lasting=False):
            log_event(_logger, "feedback_recovered")

    def _becomes(self, *, lasting: bool) -> bool:
        with self._lock:
            before, self._lasts = self._lasts, lasting
        return before != lasting


@cache
def _outage() -> Outage:
    """Returns the outage of this worker, which has its own connections."""
    return Outage()


def _limits() -> FeedbackLimits:
    limits = state().limits
    return FeedbackLimits(limits.abstracts, limits.characters, limits.latest, state().feedback_labels())


class FeedbackView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that stores feedback."""

    @extend_schema(
        operation_id="feedback",
        request=FeedbackRequest,
        responses={200: schema.FeedbackKept, **schema.WITH_BODY},
        examples=schema.FEEDBACK_EXAMPLES,
    )
    def post(self, request: Any) -> HttpResponse:
        """Stores the true categories of predicted papers.

        The latest feedback on a prediction counts, and repeating it changes nothing. If one item is invalid, none is
        stored.
        """
        store = state().feedback
        if store is None:
            raise not_set_up("No feedback", "feedback")
        given = read_feedback(body_of(request), _limits())
        with turn_given_up(), _few_at_once(), _outage().noticed():  # predictions must not wait for a slow database
            kept = store.keep(given)
        for found in kept:
            FEEDBACK.labels(str(found)).inc()
        request._request.log_fields = {"feedback": len(kept)}
        return json_answer(as_answer(given, kept))
