"""Which form of calibration is taken, and what it makes of papers it did not see."""

import numpy as np
import pytest
from numpy.typing import NDArray

from application.calibration import fit_calibration
from application.calibration_choice import choose_calibration, out_of_fold

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
    fitted = fit(targets, probabilities)
    assert (fitted.slopes != (1.0, 1.0, 1.0), fitted.mixing != ()) == (calibrated, is_mixed)


@pytest.mark.parametrize("papers", [1, 2, 3])
def test_hardly_any_paper_leaves_probabilities_as_they_are(papers: int) -> None:
    """With nobody to learn from, nothing is learnt."""
    targets, probabilities = drawn(papers)
    _, found = choose_calibration(targets, probabilities, np.zeros(papers, np.intp))
    np.testing.assert_array_equal(found, probabilities)


def test_what_is_out_of_fold_did_not_see_its_paper() -> None:
    """Turning a paper's own targets round does not move its out-of-fold probability."""
    targets, probabilities = drawn(400)
    before = out_of_fold(targets, probabilities, np.arange(400), fit_calibration)
    targets[8] = ~targets[8]
    after = out_of_fold(targets, probabilities, np.arange(400), fit_calibration)
    np.testing.assert_array_equal(before[8], after[8])
    assert np.abs(before[9] - after[9]).max() > 0
