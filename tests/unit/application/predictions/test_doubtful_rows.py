"""Warnings about texts in columns, against those about single texts."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from application.predictions.doubtful_rows import doubtful_rows
from application.predictions.text_warnings import text_warnings
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.prediction import PredictionBatch
from tests.examples import small_taxonomy

TEXTS = st.text(alphabet="ab \u2003\u00e9\u4e2d\u0416\x1c\n", max_size=90).map("x".__add__)
PAPERS = st.lists(st.builds(Abstract, TEXTS, st.none() | TEXTS), min_size=1, max_size=5)


@given(PAPERS, st.frozensets(st.integers(0, 4)))
@example([Abstract("a \u2003 \u2003 \u2003 \u2003")], frozenset())
@example([Abstract("We study four words here. " + "\u4e2d" * 40), Abstract("abcd " * 20, "\u4e2d" * 70)], frozenset())
def test_columns_have_the_warnings_of_their_abstracts(papers: list[Abstract], unread: frozenset[int]) -> None:
    """Looking at the first bytes of each text misses no warning."""
    taxonomy = small_taxonomy()
    table = np.zeros((len(papers), len(taxonomy)), np.float32)
    predictions = PredictionBatch(taxonomy, table.data, frozenset(row for row in unread if row < len(papers)))
    assert text_warnings(AbstractBatch.of(papers), predictions) == text_warnings(papers, predictions)


def test_ordinary_abstracts_are_clear() -> None:
    """English abstracts with some accents and typographic marks need no second look."""
    papers = [
        Abstract("We prove that M\u00f6bius functions of posets \u2013 \u201cas usual\u201d \u2013 are bounded. " * 2),
        Abstract("Short."),
    ]
    assert doubtful_rows(AbstractBatch.of(papers)) == {1}
