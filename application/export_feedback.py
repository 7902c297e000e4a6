"""Use case: export papers with the categories from feedback, as training data."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.feedback import StoredFeedback
from domain.labelled_abstract import LabelledAbstract
from domain.logged_prediction import paper_hash
from domain.ports.dataset import OnBadRecord
from domain.ports.feedback_store import FeedbackStore
from domain.ports.prediction_log import PredictionLog


@dataclass(slots=True)
class ExportCounts:
    """The counts of an export.

    `wordless` is feedback without a text, `repeated` feedback on a paper that has other feedback too.
    """

    papers: int = 0
    wordless: int = 0
    repeated: int = 0


class ExportFeedback:
    """Exports each paper once, with the categories of its latest feedback and its hash as its identifier.

    Its text comes from the feedback, or else from the prediction log.
    """

    def __init__(self, feedback: FeedbackStore, log: PredictionLog | None) -> None:
        self._feedback = feedback
        self._log = log
        self.counts = ExportCounts()

    def __call__(self, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        """Yields the papers in the order of their first feedback. `counts` is complete after the last one.

        Raises InvalidInputError if there is no feedback, or no text for any of it.
        """
        held = list(self._feedback.latest())
        if not held:
            raise InvalidInputError("There is no feedback yet. Send it to POST /api/v1/feedback/.")
        words = self._logged_words({each.feedback.prediction_id for each in held}, on_bad_record)
        chosen: dict[str, tuple[str, LabelledAbstract]] = {}
        for each in held:
            abstract = each.feedback.abstract or words.get(each.feedback.prediction_id)
            if abstract is None:
                self.counts.wordless += 1
                continue
            self._choose(chosen, each, abstract)
        if not chosen:
            raise InvalidInputError(
                f"There are no words for any of {len(held):,} feedbacks. Send `abstract` with feedback, or name with "
                "--log a prediction log that keeps texts (the option prediction_log_text)."
            )
        self.counts.papers = len(chosen)
        yield from (paper for _, paper in chosen.values())

    def _choose(
        self, chosen: dict[str, tuple[str, LabelledAbstract]], held: StoredFeedback, abstract: Abstract
    ) -> None:
        paper = paper_hash(abstract)
        before = chosen.get(paper)
        self.counts.repeated += before is not None
        if before is None or held.received >= before[0]:
            # The identifier is the paper's hash, so that a paper predicted again stays in its split.
            month, most = abstract.month, _length(abstract)
            known = Abstract(abstract.text, abstract.title, paper, max_characters=most, month=month)
            chosen[paper] = held.received, LabelledAbstract(known, held.feedback.labels)

    def _logged_words(self, wanted: set[str], on_bad_record: OnBadRecord) -> dict[str, Abstract]:
        if self._log is None:
            return {}
        return {
            each.prediction_id: each.abstract
            for each in self._log.predictions(on_bad_record)
            if each.abstract is not None and each.prediction_id in wanted
        }


def _length(abstract: Abstract) -> int:
    return max(len(abstract.text), len(abstract.title or ""))
