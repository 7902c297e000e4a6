"""Categories that arXiv did not have when a paper was filed."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.predictions.open_categories import OpenCategories, OpenExplainer
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.category import Category
from domain.explanation import Explanation
from domain.lifetime import Lifetime
from tests.examples import small_taxonomy
from tests.fakes.explainer import FakeExplainer
from tests.unit.application.table_classifier import TableClassifier

TAXONOMY = small_taxonomy()
NEW, OLD = TAXONOMY.categories[1], TAXONOMY.categories[3]
LIFETIMES = {NEW: Lifetime("2017-09"), OLD: Lifetime(None, "2008-12"), Category("q-bio"): Lifetime(None, "2003-08")}


def _now() -> datetime:
    return datetime(2026, 11, 28, tzinfo=UTC)


def _opened(months: Sequence[str | None]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities before and after, for one paper of each month."""
    table = np.linspace(0.1, 0.9, len(months) * len(TAXONOMY), dtype=np.float32).reshape(len(months), len(TAXONOMY))
    classifier = OpenCategories(TableClassifier(TAXONOMY, table), LIFETIMES, now=_now)
    abstracts = [Abstract("text", id=str(row), month=month) for row, month in enumerate(months)]
    found = np.asarray(classifier.predict(abstracts).probabilities)
    assert np.array_equal(found, classifier.predict(AbstractBatch.of(abstracts)).probabilities)
    return table, found


def test_a_category_is_closed_outside_its_lifetime() -> None:
    """A paper gets probability 0 for what began after its month or ended before. All else stays to the bit."""
    table, found = _opened(["2008-12", "2010-01", "2017-08", "2017-09", "2017-09"])
    closed = [[NEW], [NEW, OLD], [NEW, OLD], [OLD], [OLD]]
    for row, categories in enumerate(closed):
        table[row, [TAXONOMY.column(category) for category in categories]] = 0
    assert found.tolist() == table.tolist()


def test_a_paper_without_a_month_is_of_today() -> None:
    """By the clock that is passed in: what has ended by then is closed."""
    table, found = _opened([None])
    assert found[0, TAXONOMY.column(OLD)] == 0
    assert found[0, TAXONOMY.column(NEW)] == table[0, TAXONOMY.column(NEW)]


def test_nothing_is_asked_of_no_papers() -> None:
    """No papers give no rows."""
    assert _opened([])[1].shape == (0, len(TAXONOMY))


def test_a_closed_category_is_explained_by_the_month() -> None:
    """Closed categories are explained by no words, the others as ever, in the order asked."""
    words = FakeExplainer(TAXONOMY)
    classifier = OpenCategories(TableClassifier(TAXONOMY, np.ones((1, len(TAXONOMY)), np.float32)), LIFETIMES, now=_now)
    paper = Abstract("star and galaxy", month="2010-01")
    asked = TAXONOMY.categories[::-1]
    expected = [Explanation.closed(each) if each in (NEW, OLD) else words.explain(paper, [each])[0] for each in asked]
    assert list(OpenExplainer(words, classifier).explain(paper, asked)) == expected
    assert expected[1].logit is None


@given(st.lists(st.sampled_from([None, "1999-01", "2012-06", "2026-06"]), min_size=1, max_size=5))
def test_a_row_does_not_depend_on_its_neighbours(months: list[str | None]) -> None:
    """Each paper alone gets what it gets among others."""
    table, found = _opened(months)
    for row, month in enumerate(months):
        classifier = OpenCategories(TableClassifier(TAXONOMY, table), LIFETIMES, now=_now)
        alone = classifier.predict([Abstract("text", id=str(row), month=month)])
        assert np.asarray(alone.probabilities).tolist() == [found[row].tolist()]
