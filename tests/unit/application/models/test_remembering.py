"""A classifier that remembers what it predicted."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from application.models.remembering import RememberingClassifier
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.prediction import PredictionBatch
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier

KNOWN, UNKNOWN = Abstract("network training"), Abstract("ကခဂ")


class Counting(FakeClassifier):
    """Counts how often it is asked for each text."""

    def __init__(self) -> None:
        super().__init__(small_taxonomy())
        self.asked: Counter[str] = Counter()

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        self.asked.update(abstract.text for abstract in abstracts)
        rows = np.array([[len(each.text) / 100] * len(self.taxonomy) for each in abstracts], np.float32)
        unread = frozenset(row for row, each in enumerate(abstracts) if not each.text.isascii())
        return PredictionBatch(self.taxonomy, rows.data, unread)


def test_each_abstract_is_asked_for_once() -> None:
    """Rows come in the order asked for, also where some are remembered and others appear twice."""
    counting = Counting()
    remembering = RememberingClassifier(counting)
    remembering.predict([KNOWN])
    found = remembering.predict([UNKNOWN, KNOWN, UNKNOWN])
    np.testing.assert_array_equal(found.probabilities, counting.predict([UNKNOWN, KNOWN, UNKNOWN]).probabilities)
    assert found.unread == {0, 2}
    assert counting.asked == {KNOWN.text: 1 + 1, UNKNOWN.text: 1 + 2}
    assert len(remembering.predict([])) == 0


def test_titles_count() -> None:
    """An abstract with a title is another one than that without."""
    counting = Counting()
    remembering = RememberingClassifier(counting)
    remembering.predict([KNOWN])
    remembering.predict([Abstract(KNOWN.text, "A title")])
    assert counting.asked[KNOWN.text] == 2
