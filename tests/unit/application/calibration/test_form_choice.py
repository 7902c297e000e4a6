"""Which form of calibration is taken, and what it makes of papers it did not see."""

import numpy as np
import pytest
from numpy.typing import NDArray

from application.calibration.form_choice import choose_calibration, form_of, out_of_fold
from application.calibration.platt_scaling import fit_calibration
from domain.calibration import Calibration

Table = NDArray[np.float32]


def drawn(papers: int, *, slope: float = 1.0, mixed: float = 0.0, seed: int = 0) -> tuple[NDArray[np.bool_], Table]:
    """Targets of three categories, and the probabilities of a model that is off by this slope and this mixing."""
    random = np.random.default_rng(seed)
    logits = random.normal(-1, 2, (papers, 3))
    true = slope * logits
    true[:, 2] += mixed * logits[:, 0]
    return random.random(true.shape) < 1 / (1 + np.exp(-true)), (1 / (1 + np.exp(-logits))).astype(np.float32)


@pytest.mark.parametrize(
    ("papers", "slope", "mixed", "calibrated", "is_mixed"),
    [
        (40, 1.0, 0.0, False, False),  # a straight model, and too few papers to doubt it
        (4_000, 0.5, 0.0, True, False),  # too sure of itself
        (4_000, 1.0, 0.8, True, True),  # one category says something of another
    ],
)
def test_takes_the_form_that_papers_warrant(
    papers: int, slope: float, mixed: float, *, calibrated: bool, is_mixed: bool
) -> None:
    """No calibration, a line for each category, or lines with mixing."""
    targets, probabilities = drawn(papers, slope=slope, mixed=mixed)
    fit, _ = choose_calibration(targets, probabilities, np.arange(papers))
    fitted = fit(targets, probabilities, None)
    assert (fitted.slopes != (1.0, 1.0, 1.0), fitted.mixing != ()) == (calibrated, is_mixed)


@pytest.mark.parametrize("papers", [1, 2, 3, 19])
def test_hardly_any_paper_leaves_probabilities_as_they_are(papers: int) -> None:
    """So few tell nothing, however crooked the model looks by them, and however many rows each has."""
    targets, probabilities = drawn(papers, slope=0.1)
    twice, numbers = (np.concatenate((probabilities, probabilities)), np.tile(np.arange(papers), 2))
    fit, found = choose_calibration(np.concatenate((targets, targets)), twice, numbers)
    np.testing.assert_array_equal(found, twice)
    assert set(fit(targets, probabilities, None).slopes) == {1.0}


@pytest.mark.parametrize("papers", [20, 100, 1_000])
def test_chance_seldom_calibrates_a_straight_model(papers: int) -> None:
    """Of twenty samples at most six speak for a calibration that is not needed."""
    taken = 0
    for seed in range(20):
        targets, probabilities = drawn(papers, seed=seed)
        _, found = choose_calibration(targets, probabilities, np.arange(papers))
        taken += not np.array_equal(found, probabilities)
    assert taken <= 6


@pytest.mark.parametrize(
    "fitted",
    [
        Calibration((1.0,) * 3, (0.0,) * 3),
        Calibration((1.0,) * 3, (0.1,) * 3),
        Calibration((1.0,) * 3, (0.0,) * 3, ((0.0, 0.1, 0.1), (0.1, 0.0, 0.1), (0.1, 0.1, 0.0))),
    ],
)
def test_the_form_of_a_calibration_can_be_fitted_again(fitted: Calibration) -> None:
    """The form is recognised: none, lines, or lines with mixing."""
    targets, probabilities = drawn(500, slope=0.5, mixed=0.5)
    again = form_of(fitted)(targets, probabilities, None)
    assert (again.slopes == (1.0,) * 3) == (not fitted.mixing and not any(fitted.intercepts))
    assert bool(again.mixing) == bool(fitted.mixing)


def test_what_is_out_of_fold_did_not_see_its_paper() -> None:
    """Turning a paper's own targets round does not move its out-of-fold probability."""
    targets, probabilities = drawn(400)
    before = out_of_fold(targets, probabilities, np.arange(400), fit_calibration)
    targets[8] = ~targets[8]
    after = out_of_fold(targets, probabilities, np.arange(400), fit_calibration)
    np.testing.assert_array_equal(before[8], after[8])
    assert np.abs(before[9] - after[9]).max() > 0
