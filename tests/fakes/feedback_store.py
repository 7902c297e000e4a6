"""Feedback kept in memory."""

from collections.abc import Iterator, Sequence

from typing_extensions import override

from domain.feedback import Feedback, StoredFeedback
from domain.ports.feedback_store import FeedbackStore, Kept


class FakeFeedbackStore(FeedbackStore):
    """Forgets everything when it goes; its clock counts what it was given."""

    def __init__(self, given: Sequence[Feedback] = ()) -> None:
        self._held: dict[str, StoredFeedback] = {}
        self._time = 0
        for each in given:
            self.keep([each])

    @override
    def keep(self, given: Sequence[Feedback]) -> tuple[Kept, ...]:
        return tuple(map(self._keep, given))

    @override
    def latest(self) -> Iterator[StoredFeedback]:
        yield from sorted(self._held.values(), key=lambda each: each.first_received)

    def _keep(self, feedback: Feedback) -> Kept:
        self._time += 1
        before = self._held.get(feedback.prediction_id)
        if before is not None and before.feedback == feedback:
            return Kept.UNCHANGED
        now = f"2026-11-20T{self._time // 3600:02}:{self._time // 60 % 60:02}:{self._time % 60:02}+00:00"
        first = before.first_received if before else now
        self._held[feedback.prediction_id] = StoredFeedback(feedback, now, first)
        return Kept.REPLACED if before else Kept.CREATED
