"""Predicting abstracts, and choosing what of the predictions is given."""

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.predict import Predict, PredictedBatch
from application.predictions.batching import cut
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.chosen_categories import ChosenCategories
from domain.label import Label
from domain.ports.explainer import Explainer
from domain.prediction import PredictionBatch
from domain.prediction_warning import PredictionWarning
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.explainer import FakeExplainer

COLUMNS = len(small_taxonomy())
PROBABILITY = st.integers(0, 8).map(lambda eighths: eighths / 8)
ROWS = st.lists(st.lists(PROBABILITY, min_size=COLUMNS, max_size=COLUMNS), max_size=6).map(
    lambda rows: np.array(rows, np.float32).reshape(len(rows), COLUMNS)
)
THRESHOLDS = st.builds(
    Thresholds, PROBABILITY, st.dictionaries(st.sampled_from(small_taxonomy().categories), PROBABILITY)
)


def _numbered(count: int, read: list[int] | None = None) -> Iterator[Abstract]:
    for number in range(count):
        if read is not None:
            read.append(number)
        yield Abstract(f"text {number}", id=str(number))


def _no_explainer() -> Explainer:
    raise AssertionError("no explanation is asked for")


def _stream(abstracts: Iterator[Abstract], batch_size: int) -> Iterator[PredictedBatch]:
    predict = Predict(FakeClassifier(small_taxonomy()), _no_explainer, batch_size=batch_size)
    return predict.stream(abstracts, Selection.everything())


@given(count=st.integers(0, 40), batch_size=st.integers(1, 9))
def test_every_abstract_comes_back_once_and_in_order(count: int, batch_size: int) -> None:
    """The batches hold what was given, in its order, `batch_size` at a time."""
    batches = list(_stream(_numbered(count), batch_size))
    assert [abstract.id for batch in batches for abstract in batch.abstracts] == [str(i) for i in range(count)]
    assert all(len(batch.abstracts) == len(batch.predictions) == batch_size for batch in batches[:-1])


@given(st.lists(st.integers(0, 7) | st.none(), max_size=12), st.integers(1, 9))
def test_batches_of_any_size_are_cut_alike(sizes: list[int | None], batch_size: int) -> None:
    """Single abstracts and batches of them come back `batch_size` at a time, as single abstracts do."""
    every = list(_numbered(sum(1 if size is None else size for size in sizes)))
    left = iter(every)
    given = [next(left) if size is None else AbstractBatch.of(list(islice(left, size))) for size in sizes]
    found = [list(batch) for batch in cut(given, batch_size)]
    assert found == [every[start : start + batch_size] for start in range(0, len(every), batch_size)]


def test_no_more_is_read_than_the_batch_asked_for() -> None:
    """A million abstracts cost the memory of one batch."""
    read: list[int] = []
    batches = _stream(_numbered(1_000_000, read), 4)
    next(batches)
    next(batches)
    assert len(read) == 8


def test_a_batch_of_nothing_is_a_programmers_mistake() -> None:
    """A batch size below 1 is refused."""
    with pytest.raises(ValueError, match="batch_size is 0"):
        Predict(FakeClassifier(small_taxonomy()), _no_explainer, batch_size=0)


def test_chosen_categories_come_with_as_many_words_as_asked_for() -> None:
    """Each chosen category of each abstract is explained, in its order, by the largest contributions."""
    taxonomy, abstracts = small_taxonomy(), [Abstract("one two three four"), Abstract("five six seven eight")]
    predict = Predict(FakeClassifier(taxonomy), lambda: FakeExplainer(taxonomy))
    found = predict(abstracts, Selection.asked(Thresholds(0.5), top_k=2, terms=3))
    assert found.explanations is not None
    for abstract, row, categories in zip(abstracts, found.explanations, found.chosen.by_abstract(), strict=True):
        whole = FakeExplainer(taxonomy).explain(abstract, categories)
        assert list(row) == [explanation.top(3) for explanation in whole]
        assert len(row) == 2


def test_one_explainer_explains_all_batches() -> None:
    """The explainer, which may be costly to make, is made when it is first needed and then kept."""
    made: list[Explainer] = []

    def make() -> Explainer:
        made.append(FakeExplainer(small_taxonomy()))
        return made[0]

    predict = Predict(FakeClassifier(small_taxonomy()), make, batch_size=1)
    for _ in predict.stream(_numbered(3), Selection.everything()):
        assert not made
    for _ in predict.stream(_numbered(3), Selection.everything(terms=1)):
        assert len(made) == 1


class _StoppedError(Exception):
    pass


@pytest.mark.parametrize("allowed", range(6))
def test_the_checkpoint_stops_predictions_and_explanations(allowed: int) -> None:
    """The checkpoint is called before each of three abstracts is predicted and before each is explained."""
    left = iter(range(allowed))

    def checkpoint() -> None:
        if next(left, None) is None:
            raise _StoppedError

    predict = Predict(FakeClassifier(small_taxonomy()), lambda: FakeExplainer(small_taxonomy()))
    with pytest.raises(_StoppedError):
        predict(list(_numbered(3)), Selection.everything(terms=1), checkpoint=checkpoint)


def test_warnings_stand_with_the_abstracts_that_have_them() -> None:
    """An abstract that can hardly be read has its warnings under its row, the others have none."""
    abstracts = [Abstract("We study four words."), Abstract("2301.01234")]
    found = Predict(FakeClassifier(small_taxonomy()), _no_explainer)(abstracts, Selection.everything())
    assert found.warnings == {1: (PredictionWarning.FEW_WORDS,)}


@given(rows=ROWS, thresholds=THRESHOLDS, fallback=st.booleans(), top_k=st.integers(0, COLUMNS + 1))
def test_a_batch_is_chosen_from_as_its_rows_would_be(
    rows: NDArray[np.float32], thresholds: Thresholds, fallback: bool, top_k: int
) -> None:
    """The vectorised choice is that of `Prediction.above`, cut to the top k."""
    batch = PredictionBatch(small_taxonomy(), rows.data)
    chosen = Selection(thresholds, top_k=top_k, fallback=fallback).chosen(batch)
    expected = [prediction.above(thresholds, fallback=fallback)[: top_k or None] for prediction in batch]
    assert _rows(chosen) == [[(score.category, score.probability) for score in row] for row in expected]


def test_threshold_zero_gives_every_category() -> None:
    """With threshold 0 and no limit, each abstract has as many categories as the taxonomy."""
    batch = FakeClassifier(small_taxonomy()).predict(list(_numbered(3)))
    assert [len(row) for row in _rows(Selection(Thresholds(0.0)).chosen(batch))] == [COLUMNS] * 3


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, ["cs.CV"]),
        ({"top_k": 0}, ["cs.CV"]),
        ({"threshold": 0.3}, ["cs.CV", "hep-th"]),
        ({"threshold": 0.95}, []),
        ({"top_k": 3}, ["cs.CV", "hep-th", "cs.LG"]),
        ({"threshold": 0.1, "top_k": 2}, ["cs.CV", "hep-th"]),
        ({"threshold": 0.3, "top_k": 3}, ["cs.CV", "hep-th"]),
        ({"threshold": 0.0, "top_k": 0}, ["cs.CV", "hep-th", "cs.LG", "math-ph", "math.MP"]),
    ],
)
def test_a_user_asks_by_threshold_and_top_k(asked: dict[str, float], wanted: list[str]) -> None:
    """A top k alone ignores thresholds, a threshold bounds it, and without both the model's own thresholds hold."""
    taxonomy = small_taxonomy()
    probabilities = {"cs.CV": 0.9, "hep-th": 0.4, "cs.LG": 0.2, "math-ph": 0.1, "math.MP": 0.05}
    row = np.array([[probabilities[str(category)] for category in taxonomy]], np.float32)
    chosen = Selection.asked(Thresholds(0.5), **asked).chosen(PredictionBatch(taxonomy, row.data))  # type: ignore[arg-type]  # top_k is whole
    assert [str(category) for category, _ in _rows(chosen)[0]] == wanted


def test_the_models_own_thresholds_give_one_category_at_least() -> None:
    """If a user names neither threshold nor top k, an abstract that reaches nothing has its most probable one."""
    row = np.array([[0.1, 0.3, 0.2, 0.0, 0.0]], np.float32)
    chosen = Selection.asked(Thresholds(0.5)).chosen(PredictionBatch(small_taxonomy(), row.data))
    assert [probability for _, probability in _rows(chosen)[0]] == [pytest.approx(0.3)]


def test_buffers_that_do_not_fit_one_another_are_refused() -> None:
    """Offsets that announce more categories than there are is a programmer's mistake."""
    two, one = np.array([0, 2]).data, np.array([0]).data
    with pytest.raises(ValueError, match="2 announced, 1 columns"):
        ChosenCategories(small_taxonomy(), two, one, one)


def _rows(chosen: ChosenCategories) -> list[list[tuple[Label, float]]]:
    pairs: list[tuple[Label, float]] = [
        (chosen.taxonomy.categories[column], probability)
        for column, probability in zip(chosen.columns.tolist(), chosen.probabilities.tolist(), strict=True)
    ]
    ends = chosen.offsets.tolist()
    return [pairs[start:end] for start, end in pairwise(ends)]
