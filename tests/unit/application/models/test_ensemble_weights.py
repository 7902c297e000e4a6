"""The weights of an ensemble: what each table of probabilities adds decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.models.ensemble_weights import fit_weights
from tests.strategies import Scored, scored

Floats = NDArray[np.float64]


def sigmoid(logits: Floats) -> NDArray[np.float32]:
    """Probabilities of logits."""
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def drawn(seed: int = 0, rows: int = 20_000) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Two independent tables of logits, and targets whose logits are 0.9 times the one plus 0.3 times the other."""
    random = np.random.default_rng(seed)
    one, other = random.normal(0, 2, (2, rows, 1))
    return one, other, random.random((rows, 1)) < sigmoid(0.9 * one + 0.3 * other)


def test_finds_the_weights_that_made_the_targets() -> None:
    """Slopes 0.9 and 0.3 are the weights 0.75 and 0.25."""
    one, other, targets = drawn()
    assert fit_weights(targets, [sigmoid(one), sigmoid(other)]) == pytest.approx((0.75, 0.25), abs=0.02)


def test_a_table_that_misleads_counts_for_nothing() -> None:
    """A table that contradicts the truth gets weight 0, and the others' weights are as if it were absent."""
    one, other, targets = drawn()
    alone = fit_weights(targets, [sigmoid(one), sigmoid(other)])
    against = sigmoid(-0.5 * one - 0.5 * other + np.random.default_rng(1).normal(0, 1, one.shape))
    first, second, third = fit_weights(targets, [sigmoid(one), sigmoid(other), against])
    assert third == 0
    assert (first, second) == pytest.approx(alone, abs=1e-6)


def test_a_lone_table_has_all_the_weight() -> None:
    """One table counts 1, be it worse than chance."""
    one, _, targets = drawn(rows=100)
    assert fit_weights(targets, [sigmoid(-one)]) == (1.0,)
    assert max(fit_weights(targets, [sigmoid(-one), sigmoid(-2 * one)])) == 1.0


@given(scored(), st.integers(1, 4))
def test_equal_tables_share_equally(example: Scored, count: int) -> None:
    """Weights are 1 in all, and copies of one table that count at all count the same."""
    targets, table = example
    weights = fit_weights(targets, [table] * count)
    assert sum(weights) == pytest.approx(1)
    counting = [weight for weight in weights if weight > 0]
    assert counting == pytest.approx([1 / len(counting)] * len(counting), abs=1e-4)


@given(scored(), st.data())
def test_weights_go_with_their_tables(example: Scored, data: st.DataObject) -> None:
    """Tables that change places change places in the weights."""
    targets, table = example
    other = data.draw(st.permutations(range(len(table)))) if len(table) else []
    tables = [table, table[other], np.full_like(table, 0.3)]
    order = data.draw(st.permutations(range(3)))
    turned = fit_weights(targets, [tables[i] for i in order])
    assert turned == pytest.approx([fit_weights(targets, tables)[i] for i in order], abs=1e-5)
