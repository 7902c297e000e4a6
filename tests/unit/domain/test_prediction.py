"""Prediction and PredictionBatch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from domain.prediction import CategoryScore, Prediction, PredictionBatch
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from tests.strategies import probabilities, probability_arrays, taxonomies, thresholds_of


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """Predictions over any taxonomy, with ties."""
    taxonomy = draw(taxonomies())
    row = st.lists(probabilities(), min_size=len(taxonomy), max_size=len(taxonomy))
    return Prediction(taxonomy, tuple(draw(row)))


@st.composite
def batches(draw: st.DrawFn) -> tuple[Taxonomy, np.ndarray]:
    """A taxonomy with an array of probabilities, also without rows."""
    taxonomy = draw(taxonomies())
    return taxonomy, draw(probability_arrays((draw(st.integers(0, 5)), len(taxonomy))))


@given(predictions())
def test_scores_hold_every_category_most_probable_first(prediction: Prediction) -> None:
    """Every category appears once with its own probability; ties keep the taxonomy's order."""
    scores = prediction.scores()
    expected = sorted(range(len(prediction.taxonomy)), key=lambda c: (-prediction.probabilities[c], c))
    assert [prediction.taxonomy.column(s.category) for s in scores] == expected
    assert all(prediction.probability(s.category) == s.probability for s in scores)


@given(predictions(), st.integers(1, 12))
def test_top_is_the_head_of_the_scores(prediction: Prediction, k: int) -> None:
    """Top k is the first k scores, or all of them where there are fewer."""
    assert prediction.top(k) == prediction.scores()[:k]
    assert len(prediction.top(k)) == min(k, len(prediction.taxonomy))


@pytest.mark.parametrize("k", [0, -1])
def test_top_needs_at_least_one(k: int, two_categories: Taxonomy) -> None:
    """A count below one is invalid input."""
    with pytest.raises(InvalidInputError, match=f"not {k}"):
        Prediction(two_categories, (0.1, 0.2)).top(k)


@given(st.data(), predictions())
def test_above_keeps_exactly_what_passes(data: st.DataObject, prediction: Prediction) -> None:
    """A category is given exactly where its probability is at or above its threshold, most probable first."""
    thresholds = data.draw(thresholds_of(prediction.taxonomy))
    passing = [s for s in prediction.scores() if s.probability >= thresholds.of(s.category)]
    assert list(prediction.above(thresholds, fallback=False)) == passing


@given(st.data(), predictions())
def test_fallback_gives_the_most_probable_where_nothing_passes(data: st.DataObject, prediction: Prediction) -> None:
    """With the fallback there is always a category. Without it, it changes only what would be empty."""
    thresholds = data.draw(thresholds_of(prediction.taxonomy))
    bare = prediction.above(thresholds, fallback=False)
    assert prediction.above(thresholds) == (bare or prediction.top(1))


@given(predictions(), probabilities(), probabilities())
def test_raising_the_threshold_never_adds_a_category(prediction: Prediction, one: float, other: float) -> None:
    """A category that passes a threshold passes every lower one."""
    low, high = sorted((one, other))
    strict = prediction.above(Thresholds(high), fallback=False)
    assert set(strict) <= set(prediction.above(Thresholds(low), fallback=False))


@given(predictions())
def test_threshold_zero_gives_every_category(prediction: Prediction) -> None:
    """At threshold 0 nothing is left out."""
    assert prediction.above(Thresholds(0.0)) == prediction.scores()


def test_row_of_another_width_is_refused(two_categories: Taxonomy) -> None:
    """One probability too many or too few is a programmer's mistake."""
    with pytest.raises(ValueError, match="3 probabilities for 2"):
        Prediction(two_categories, (0.1, 0.2, 0.3))


@given(batches())
def test_batch_gives_the_rows_of_its_buffer(batch_of: tuple[Taxonomy, np.ndarray]) -> None:
    """Iterating and indexing give each row, in order, with float32's exact values."""
    taxonomy, array = batch_of
    batch = PredictionBatch(taxonomy, array.data)
    expected = [Prediction(taxonomy, tuple(row)) for row in array.tolist()]
    assert len(batch) == len(array)
    assert list(batch) == expected == [batch[i] for i in range(len(batch))]
    assert expected == [batch[i - len(batch)] for i in range(len(batch))]


@given(batches())
def test_batch_has_no_row_past_its_ends(batch_of: tuple[Taxonomy, np.ndarray]) -> None:
    """An index outside the batch is an IndexError."""
    taxonomy, array = batch_of
    batch = PredictionBatch(taxonomy, array.data)
    for index in (len(batch), -len(batch) - 1):
        with pytest.raises(IndexError):
            batch[index]


def test_batch_reads_a_read_only_buffer(two_categories: Taxonomy) -> None:
    """A batch can be made from a read-only buffer."""
    array = np.array([[0.25, 0.5]], np.float32)
    array.flags.writeable = False
    assert PredictionBatch(two_categories, array.data)[0].top(1)[0].probability == 0.5


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 2), np.float64),
        np.zeros(2, np.float32),
        np.zeros((3, 3), np.float32),
        np.zeros((2, 2, 2), np.float32),
        np.zeros((2, 3), np.float32).T,
        np.zeros((3, 4), np.float32)[:, ::2],
    ],
    ids=["float64", "one-dimensional", "too wide", "three-dimensional", "transposed", "strided"],
)
def test_batch_refuses_another_buffer(array: np.ndarray, two_categories: Taxonomy) -> None:
    """Only a C-contiguous float32 buffer of (abstracts, categories) can be read without copying."""
    with pytest.raises(ValueError, match=r"float32|shape"):
        PredictionBatch(two_categories, array.data)


def test_scores_are_values(two_categories: Taxonomy) -> None:
    """A score equals another of the same category and probability."""
    category = two_categories.categories[1]
    assert Prediction(two_categories, (0.25, 0.5)).top(1) == (CategoryScore(category, 0.5),)
