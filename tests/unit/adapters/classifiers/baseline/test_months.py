"""The month a paper was filed, as an input of the baseline."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline import storage
from adapters.classifiers.baseline.attribution import BaselineAttributor
from adapters.classifiers.baseline.classifier import TrainableBaseline
from adapters.classifiers.baseline.months import YEARS, Timeline
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.serving import Months, ServedBaseline
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.category import Category
from domain.errors import CorruptModelError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import FitSession
from tests.examples import small_taxonomy

TIMELINE = Timeline.of(["2026-05", "2001-01", None])
MONTHS = st.integers(1991 * 12 + 7, 2030 * 12).map(lambda n: f"{(n - 1) // 12}-{(n - 1) % 12 + 1:02}")


def test_the_last_eight_months_and_no_month_are_today() -> None:
    """Papers without a month, of the newest months and of later ones have an input of zeros."""
    today = [None, "2025-09", "2026-05", "2031-01"]
    assert not TIMELINE.read(today).any()
    assert TIMELINE.read_abstracts([Abstract("x", month=month) for month in today]) is None
    assert TIMELINE.read(["2025-08"]).any()


@given(st.lists(st.none() | MONTHS, min_size=1, max_size=4))
def test_columns_have_the_inputs_of_their_abstracts(months: list[str | None]) -> None:
    """Months in a column are read as those of single abstracts."""
    papers = [Abstract("x", month=month) for month in months]
    found, expected = TIMELINE.read_abstracts(AbstractBatch.of(papers)), TIMELINE.read_abstracts(papers)
    assert (found is None) == (expected is None)
    assert found is None or (found == TIMELINE.read(months)).all()


@given(MONTHS, MONTHS)
def test_near_months_have_near_inputs(one: str, other: str) -> None:
    """The input is continuous: neighbouring months differ by at most a twelfth of a knot, and all is positive."""
    (left, right) = TIMELINE.read([one, other])
    years = abs(int(one[:4]) * 12 + int(one[5:]) - int(other[:4]) * 12 - int(other[5:])) / 12
    assert np.abs(left - right).max() <= 0.3 * years + 1e-6
    assert left.min() >= 0
    assert left.sum() <= 0.3 + 1e-6


def test_without_any_month_every_paper_is_of_today() -> None:
    """Training papers without months leave the input at zeros, whatever month is asked about."""
    assert not Timeline.of([None, None]).read(["1999-01", None]).any()


def papers() -> list[LabelledAbstract]:
    """The same words, called hep-th in 2000 and cs.LG today; and others that stay what they are."""
    old = [LabelledAbstract(Abstract("network theory", month="2000-01"), (Category.parse("hep-th"),))] * 40
    new = [LabelledAbstract(Abstract("network theory", month="2026-05"), (Category.parse("cs.LG"),))] * 40
    return [*old, *new, *(LabelledAbstract(Abstract("vision image"), (Category.parse("cs.CV"),)) for _ in range(40))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainableBaseline:
    """A baseline that learnt from those papers."""
    options = BaselineOptions(
        unigrams=10, bigrams=0, min_count=1, hidden=(16,), term_dropout=0, hidden_dropout=0, recency_half_life=0,
        epochs=30, patience=30, learning_rate=0.05, batch_size=32, keep_keras=False, weights="float32",
    )  # fmt: skip
    classifier = TrainableBaseline(small_taxonomy(), options)
    scores = count()  # the last epoch is the best
    session = FitSession(
        seed=0, workspace=tmp_path_factory.mktemp("workspace"), score=lambda batch: float(next(scores))
    )
    classifier.fit(papers(), papers()[:5], session)
    return classifier


def best(classifier: TrainableBaseline | ServedBaseline, abstracts: Sequence[Abstract]) -> list[str]:
    """The most probable category of each."""
    return [str(prediction.scores()[0].category) for prediction in classifier.predict(abstracts)]


def asked() -> list[Abstract]:
    """The ambiguous words without a month, of today, and of 2000."""
    return [Abstract("network theory"), Abstract("network theory", month="2026-05"),
            Abstract("network theory", month="2000-01")]  # fmt: skip


def test_the_month_decides_what_words_alone_do_not(trained: TrainableBaseline) -> None:
    """The same words are hep-th in 2000 and cs.LG today, one at a time and many at once."""
    assert best(trained, asked())[1:] == ["cs.LG", "hep-th"]
    assert [best(trained, [each])[0] for each in asked()] == best(trained, asked())
    assert best(trained, asked() * 20) == best(trained, asked()) * 20


def test_the_month_is_saved_with_the_model(trained: TrainableBaseline, tmp_path: Path) -> None:
    """A loaded model gives the probabilities of the one that was saved, dated papers among them."""
    trained.save(tmp_path)
    loaded = ServedBaseline(small_taxonomy(), *storage.load(tmp_path, len(small_taxonomy())))
    one, other = (np.asarray(each.predict(asked()).probabilities) for each in (trained, loaded))
    np.testing.assert_array_equal(one, other)


def test_a_month_s_part_of_the_logits_is_no_word_s(trained: TrainableBaseline, tmp_path: Path) -> None:
    """Contributions and the logits without words add up to the logits of a dated paper. Its month is in the latter."""
    trained.save(tmp_path)
    served = ServedBaseline(small_taxonomy(), *storage.load(tmp_path, len(small_taxonomy())))
    dated = asked()[2]
    attribution = BaselineAttributor(served).attribute(dated)
    total = np.asarray(attribution.base).reshape(-1) + np.asarray(attribution.contributions).sum(axis=0)
    probabilities = np.asarray(served.predict([dated]).probabilities)[0]
    np.testing.assert_allclose(1 / (1 + np.exp(-total)), probabilities, atol=1e-5)


def test_months_of_another_shape_are_refused(trained: TrainableBaseline, tmp_path: Path) -> None:
    """A kernel that does not fit the network is a corrupt model."""
    trained.save(tmp_path)
    options, vocabulary, weights = storage.load(tmp_path, len(small_taxonomy()))
    assert weights.months is not None
    assert weights.months.kernel.shape[0] == len(YEARS)
    wrong = replace(weights, months=Months(weights.months.timeline, weights.months.kernel[:3].copy()))
    storage.save(tmp_path, options, vocabulary, wrong)
    with pytest.raises(CorruptModelError, match=r"months\.kernel"):
        storage.load(tmp_path, len(small_taxonomy()))
