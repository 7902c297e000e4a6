"""How far apart two mixes of labels are, and how far chance gets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from application.variants.label_shift import label_shares, label_shift, one_hot


@given(st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=1, max_size=20))
def test_a_mix_is_no_distance_from_itself(rows: list[list[int]]) -> None:
    """The same papers have the same mix, and shares of labels add up to 1 where there are any."""
    given_ = one_hot(rows, 5)
    assert label_shift(given_, given_[::-1]).distance == 0
    assert round(float(label_shares(given_).sum()), 9) == (1 if given_.any() else 0)


def test_chance_is_told_from_a_difference() -> None:
    """Two samples of one mix are mostly no farther apart than chance allows, and those of two mixes are."""
    chance = np.random.default_rng(0)
    rates, other = np.array([0.5, 0.3, 0.1, 0.05]), np.array([0.3, 0.5, 0.1, 0.05])
    alike = [label_shift(*(chance.random((300, 4)) < rates for _ in range(2))).notable for _ in range(40)]
    assert sum(alike) <= 6
    assert label_shift(chance.random((300, 4)) < rates, chance.random((300, 4)) < other).notable


def test_of_many_papers_some_are_drawn() -> None:
    """With more papers than are exchanged, the distance is still that of all."""
    first, second = np.zeros((25_000, 2), np.bool_), np.zeros((25_000, 2), np.bool_)
    first[:, 0], second[:12_500, 0], second[12_500:, 1] = True, True, True
    found = label_shift(first, second)
    assert (found.distance, found.notable) == (0.5, True)


def test_no_papers_prove_nothing() -> None:
    """Beside a variant without papers nothing is notable."""
    assert not label_shift(np.ones((5, 2), np.bool_), np.zeros((0, 2), np.bool_)).notable
