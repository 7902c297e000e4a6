"""Calibration."""

import math

import pytest

from domain.calibration import Calibration


@pytest.mark.parametrize(
    ("slopes", "intercepts"),
    [
        ((1.0,), (0.0, 0.0)),
        ((0.0,), (0.0,)),
        ((-1.0,), (0.0,)),
        ((math.nan,), (0.0,)),
        ((math.inf,), (0.0,)),
        ((1.0,), (math.nan,)),
        ((1.0,), (-math.inf,)),
    ],
)
def test_parameters_that_cannot_calibrate_are_refused(slopes: tuple[float, ...], intercepts: tuple[float, ...]) -> None:
    """A calibration is as many positive finite slopes as finite intercepts."""
    with pytest.raises(ValueError, match=r"slope|finite"):
        Calibration(slopes, intercepts)
