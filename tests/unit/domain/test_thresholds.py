"""Thresholds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.category import Category
from domain.errors import InvalidInputError
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from tests.strategies import taxonomies, thresholds_of


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, math.inf, "0.5", None])
def test_threshold_outside_zero_to_one_is_refused(value: float) -> None:
    """A threshold is a number from 0 to 1, for all categories or for one."""
    with pytest.raises(InvalidInputError, match="from 0 to 1"):
        Thresholds(value)
    with pytest.raises(InvalidInputError, match="from 0 to 1"):
        Thresholds(0.5, {Category("cs.LG"): value})


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0])
def test_bounds_are_thresholds(value: float) -> None:
    """0 and 1 themselves are allowed."""
    assert Thresholds(value).default == value


@given(st.data(), taxonomies())
def test_columns_hold_each_categorys_own_threshold(data: st.DataObject, taxonomy: Taxonomy) -> None:
    """Position i holds the threshold of the category in column i, the default where it has none of its own."""
    thresholds = data.draw(thresholds_of(taxonomy))
    expected = [thresholds.by_category.get(category, thresholds.default) for category in taxonomy]
    assert list(thresholds.in_columns(taxonomy)) == expected == [thresholds.of(c) for c in taxonomy]
