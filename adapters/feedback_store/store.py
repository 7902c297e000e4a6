"""Stores feedback in a database, through Django."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import StorageUnavailableError
from domain.feedback import Feedback, StoredFeedback
from domain.label import Label, LabelSet, in_one_cell
from domain.ports.feedback_store import FeedbackStore, Kept

_AT_ONCE = 500
_TRIES = 20


def _now() -> datetime:
    return datetime.now(UTC)


class DjangoFeedbackStore(FeedbackStore):
    """Keeps feedback in the database of Django's settings, which must be configured before."""

    def __init__(self, *, now: Callable[[], datetime] = _now) -> None:
        self._now = now

    @override
    def keep(self, given: Sequence[Feedback]) -> tuple[Kept, ...]:
        from django.db import IntegrityError

        with _sentences():
            for tries_left in reversed(range(_TRIES)):
                try:
                    return self._kept(given)
                except IntegrityError:  # another process wrote the same number
                    if not tries_left:
                        raise
        raise AssertionError("unreachable")

    @override
    def latest(self) -> Iterator[StoredFeedback]:
        from adapters.feedback_store.models import Revision

        with _sentences():
            held: dict[str, tuple[Any, datetime]] = {}
            for row in Revision.objects.order_by("received", "id").iterator(_AT_ONCE):
                known = held.get(row.prediction_id)
                if known is None:
                    held[row.prediction_id] = row, row.received
                elif row.number > known[0].number:
                    held[row.prediction_id] = row, known[1]
        for row, first in held.values():
            yield StoredFeedback(_feedback_of(row), row.received.isoformat(), first.isoformat())

    def _kept(self, given: Sequence[Feedback]) -> tuple[Kept, ...]:
        from django.db import transaction

        from adapters.feedback_store.models import Revision

        with transaction.atomic():
            held = _held([each.prediction_id for each in given])
            found, new, now = [], [], self._now()
            for feedback in given:
                before = held.get(feedback.prediction_id)
                row = _row_of(feedback, now, number=before.number + 1 if before else 1)
                if before is not None and _content(before) == _content(row):
                    found.append(Kept.UNCHANGED)
                    continue
                found.append(Kept.REPLACED if before else Kept.CREATED)
                held[feedback.prediction_id] = row
                new.append(row)
            Revision.objects.bulk_create(new, batch_size=_AT_ONCE)
        return tuple(found)


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Translates database errors to StorageUnavailableError."""
    from django.db import Error

    try:
        yield
    except Error as error:
        _close()
        reason = " ".join(str(error).split())
        raise StorageUnavailableError(
            f"The database of feedback cannot be used: {reason}. Check the setting api.database and that the database "
            "runs. If a table is missing, run `arxiv-classifier manage migrate`."
        ) from error


def _close() -> None:
    """Closes a connection that failed, so that the next use opens a new one."""
    from django.db import Error, connection

    with contextlib.suppress(Error):
        connection.close()


def _held(ids: Sequence[str]) -> dict[str, Any]:
    """Returns the current row of each of these predictions that has one."""
    from adapters.feedback_store.models import Revision

    held: dict[str, Any] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = Revision.objects.filter(prediction_id__in=ids[start : start + _AT_ONCE]).order_by("number")
        held |= {row.prediction_id: row for row in rows}
    return held


def _row_of(feedback: Feedback, now: datetime, *, number: int) -> Any:
    from adapters.feedback_store.models import Revision

    abstract = feedback.abstract
    return Revision(
        prediction_id=feedback.prediction_id,
        number=number,
        labels=_stored(feedback.labels),
        title=_storable(abstract.title) if abstract and abstract.title is not None else None,
        abstract=_storable(abstract.text) if abstract else None,
        source=_storable(feedback.source),
        received=now,
    )


def _stored(labels: Sequence[Label]) -> str:
    arxiv = all(isinstance(label, Category) for label in labels)
    return in_one_cell([str(label) for label in labels], LabelSet.ARXIV if arxiv else LabelSet.OWN)


def _labels(text: str) -> tuple[Label, ...]:
    if text.startswith("["):
        return tuple(map(Label.parse, json.loads(text)))
    return tuple(map(Category.parse, text.split()))


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL cannot store a zero byte


def _content(row: Any) -> tuple[object, ...]:
    return row.labels, row.title, row.abstract, row.source


def _feedback_of(row: Any) -> Feedback:
    longest = max(len(row.abstract or ""), len(row.title or ""), 1)
    abstract = None if row.abstract is None else Abstract(row.abstract, row.title, max_characters=longest)
    return Feedback(row.prediction_id, _labels(row.labels), abstract, row.source)
