"""Tests of numbers and scales of reports."""

from itertools import pairwise
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.report_writers.numbers import number, powers, ticks
from adapters.report_writers.scales import scale_of
from domain.figures import Axis

_finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(_finite, min_size=2, max_size=20), st.booleans())
def test_values_keep_their_order_on_a_scale(values: list[float], logarithmic: bool) -> None:
    """A larger value has a position that is not further left, within the ends of the scale."""
    scale = scale_of(Axis("x", logarithmic=logarithmic), values, 10, 350)
    places = [scale(value) for value in sorted(values)]
    assert places == sorted(places)
    assert min(places) >= 10
    assert max(places) <= 350


@given(_finite, st.floats(1e-3, 1e6))
def test_ticks_are_even_and_within_the_axis(low: float, width: float) -> None:
    """Ticks have equal distances, and there are one to six of them between the ends."""
    found = ticks(low, low + width)
    assert 1 <= len(found) <= 6
    assert low - 1e-6 * width <= found[0] <= found[-1] <= low + width + 1e-6 * width
    steps = [after - before for before, after in pairwise(found)]
    assert steps == pytest.approx(steps[:1] * len(steps), rel=1e-3)


@given(st.floats(-5, 5), st.floats(0.3, 8))
def test_logarithmic_ticks_lie_within_the_axis(exponent: float, decades: float) -> None:
    """Ticks of a logarithmic axis rise between its ends."""
    low, high = 10**exponent, 10 ** (exponent + decades)
    found = powers(low, high)
    assert found == sorted(set(found))
    assert log10(low) - 1e-3 <= log10(found[0]) <= log10(found[-1]) <= log10(high) + 1e-3


def test_a_narrow_logarithmic_axis_has_several_ticks() -> None:
    """Between two powers of ten and without two of 1, 2 and 5, multiples are marked."""
    assert powers(0.4, 0.8) == pytest.approx([0.4, 0.5, 0.6, 0.7, 0.8])
    assert powers(0.5, 20) == pytest.approx([0.5, 1, 2, 5, 10, 20])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12005, "12,005"), (0.71034, "0.7103"), (12.34, "12.3"), (20758.6, "20,759"), (float("nan"), "-"), (0, "0")],
)
def test_numbers_have_decimals_for_their_size(value: float, shown: str) -> None:
    """Counts have separators, shares four decimals."""
    assert number(value) == shown
