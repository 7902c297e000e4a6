"""EnsembleClassifier: laws of the weighted mean, and members that do not fit one another."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.models.ensemble import EnsembleClassifier, find_members, pooled
from domain.abstract import Abstract
from domain.ensemble import EnsembleMember
from domain.errors import IncompatibleModelError, ModelNotFoundError
from domain.taxonomy import Taxonomy
from tests.examples import small_card, small_taxonomy
from tests.fakes.model_store import FakeModelStore
from tests.strategies import probability_arrays
from tests.unit.application.table_classifier import TableClassifier

TAXONOMY = small_taxonomy()
SHAPE = (4, len(TAXONOMY))
ABSTRACTS = [Abstract("text", id=str(row)) for row in range(SHAPE[0])]
tables = st.lists(probability_arrays(SHAPE), min_size=1, max_size=4)
weights = st.floats(0.01, 10)

Table = NDArray[np.float32]


def probabilities(members: Sequence[tuple[Table, float]], abstracts: Sequence[Abstract] = ABSTRACTS) -> Table:
    """Returns the probabilities of an ensemble of those tables."""
    ensemble = EnsembleClassifier([(TableClassifier(TAXONOMY, table), weight) for table, weight in members])
    return np.asarray(ensemble.predict(abstracts).probabilities)


@given(probability_arrays(SHAPE), weights)
def test_one_member_is_the_ensemble(table: Table, weight: float) -> None:
    """An ensemble of one says what that one says, whatever its weight."""
    assert probabilities([(table, weight)]) == pytest.approx(table, abs=1e-6)


@given(st.data(), tables)
def test_the_order_of_members_does_not_matter(data: st.DataObject, drawn: list[Table]) -> None:
    """Members that change places with their weights change nothing."""
    members = [(table, data.draw(weights)) for table in drawn]
    turned = data.draw(st.permutations(members))
    assert probabilities(turned) == pytest.approx(probabilities(members), abs=1e-5)


@given(st.data(), probability_arrays(SHAPE), st.integers(1, 4))
def test_equal_members_agree(data: st.DataObject, table: Table, count: int) -> None:
    """Copies of one model, however weighted, say what it says."""
    members = [(table, data.draw(weights)) for _ in range(count)]
    assert probabilities(members) == pytest.approx(table, abs=1e-5)


@given(tables)
def test_a_mean_lies_between(drawn: list[Table]) -> None:
    """No probability is above all members' or below all of them."""
    mean = probabilities([(table, 1.0) for table in drawn])
    assert (mean <= np.max(drawn, axis=0) + 1e-5).all()
    assert (mean >= np.min(drawn, axis=0) - 1e-5).all()


@given(st.data(), tables, st.integers(0, SHAPE[0] - 1))
def test_a_row_does_not_depend_on_its_neighbours(data: st.DataObject, drawn: list[Table], row: int) -> None:
    """An abstract alone gets bit for bit what it gets among others."""
    members = [(table, data.draw(weights)) for table in drawn]
    assert probabilities(members, [ABSTRACTS[row]]).tolist() == [probabilities(members)[row].tolist()]


def test_logits_are_averaged() -> None:
    """Logits 0 and 2 in the ratio 3 to 1 have the mean 0.5; 0 and 1 are as sure as 1e-7 and 1 - 1e-7."""
    even, sure = np.full((1, 1), 0.5, np.float32), np.full((1, 1), 1 / (1 + np.exp(-2)), np.float32)
    assert pooled([even, sure], [3.0, 1.0]) == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert pooled([np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)], [1, 1]) == pytest.approx(0.5, abs=0.03)


def test_other_categories_do_not_mix() -> None:
    """Members with the same categories in another order are refused."""
    turned = Taxonomy(tuple(reversed(TAXONOMY.infos)))
    table = np.zeros(SHAPE, np.float32)
    with pytest.raises(IncompatibleModelError, match="same categories in the same order"):
        EnsembleClassifier([(TableClassifier(TAXONOMY, table), 1), (TableClassifier(turned, table), 1)])


@pytest.mark.parametrize("given_weights", [[], [0.0], [1.0, -0.1]])
def test_weights_that_are_none_are_refused(given_weights: list[float]) -> None:
    """Weights are not negative, and one at least is positive."""
    with pytest.raises(ValueError, match="weights"):
        EnsembleClassifier([(TableClassifier(TAXONOMY, np.zeros(SHAPE, np.float32)), w) for w in given_weights])


def test_members_are_found_by_name_and_digest(tmp_path: Path) -> None:
    """A member is the stored model of that name and digest. Another one or none at all is an error that says so."""
    store = FakeModelStore(tmp_path)
    stored = store.save(small_card(), lambda folder: None)
    assert find_members(store, "ensemble/9", [EnsembleMember(stored.name, stored.digest, 0.5)]) == [stored]
    with pytest.raises(IncompatibleModelError, match=rf"ensemble/9 averages {stored.name}, but .* begins"):
        find_members(store, "ensemble/9", [EnsembleMember(stored.name, "0" * 64, 0.5)])
    with pytest.raises(ModelNotFoundError, match=r"ensemble/9 averages minilm/7, .* build the ensemble again"):
        find_members(store, "ensemble/9", [EnsembleMember("minilm/7", stored.digest, 0.5)])
