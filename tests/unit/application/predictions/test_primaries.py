"""The primary category of each abstract of a batch."""

import numpy as np
import pytest

from application.advice.primary import possible_primaries
from application.predict import Predict
from application.predictions.primaries import Primaries
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.advice_fit import PrimaryHead
from domain.errors import InvalidInputError
from domain.prediction import PredictionBatch
from domain.thresholds import Thresholds
from tests.examples import own_card, small_card, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.explainer import FakeExplainer

TAXONOMY = small_taxonomy()
PRIMARIES = possible_primaries(TAXONOMY)


def found(head: PrimaryHead | None, *rows: list[float]) -> list[str]:
    """The primary categories of some probabilities."""
    table = np.array(rows, np.float32)
    columns = Primaries(head).of(PredictionBatch(TAXONOMY, table.data))
    return [str(TAXONOMY.categories[column]) for column in columns.tolist()]


def test_without_a_head_the_most_probable_category_that_may_be_primary_is_it() -> None:
    """A row has one primary category, whatever was chosen."""
    rows = np.full((len(PRIMARIES), len(TAXONOMY)), 0.1)
    for row, category in enumerate(PRIMARIES):
        rows[row, TAXONOMY.column(category)] = 0.9
    assert found(None, *rows.tolist()) == [str(category) for category in PRIMARIES]


def test_a_head_decides() -> None:
    """What the model learnt about primary categories outweighs a slightly greater probability."""
    size = len(PRIMARIES)
    intercepts = (5.0, *(0.0,) * size)
    head = PrimaryHead(PRIMARIES, tuple((0.0,) * size for _ in range(size + 1)), intercepts)
    row = [0.5] * len(TAXONOMY)
    row[TAXONOMY.column(PRIMARIES[1])] = 0.55
    assert found(head, row) == [str(PRIMARIES[0])]


def test_a_stream_has_primaries_if_the_selection_asks() -> None:
    """They stand beside the predictions of each batch."""
    predict = Predict(FakeClassifier(TAXONOMY), lambda: FakeExplainer(TAXONOMY), batch_size=2)
    plain = Selection(Thresholds(0.5))
    asked = plain.with_primaries(small_card("fake"))
    abstracts = [Abstract(f"text {number}") for number in range(3)]
    assert [batch.beside.primaries for batch in predict.stream(abstracts, plain)] == [None, None]
    assert [len(batch.beside.primaries or ()) for batch in predict.stream(abstracts, asked)] == [2, 1]


def test_labels_of_ones_own_have_no_primary() -> None:
    """The rule is arXiv's."""
    with pytest.raises(InvalidInputError, match="labels of its own"):
        Primaries.of_model(own_card("fake"))
