"""The contribution of other categories to a category's calibrated probability."""

import numpy as np
import pytest
from numpy.typing import NDArray

from application.calibration.matrix_scaling import with_mixing
from application.calibration.platt_scaling import calibrate, fit_calibration
from domain.calibration import Calibration

Sample = tuple[NDArray[np.bool_], NDArray[np.float32]]


@pytest.fixture(scope="module")
def sample() -> Sample:
    """20,000 papers in three categories; the model gives the third too low wherever the first is likely."""
    random = np.random.default_rng(3)
    logits = random.normal(-1, 2, (20_000, 3))
    true = logits.copy()
    true[:, 2] += 0.8 * logits[:, 0]
    targets = random.random(true.shape) < 1 / (1 + np.exp(-true))
    return targets, (1 / (1 + np.exp(-logits))).astype(np.float32)


def applied(calibration: Calibration, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities after this calibration."""
    mixing = np.array(calibration.mixing, np.float32).T if calibration.mixing else None
    return calibrate(
        probabilities, np.array(calibration.slopes, np.float32), np.array(calibration.intercepts, np.float32), mixing
    )


def log_loss(targets: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> float:
    """The mean log loss."""
    p = np.clip(probabilities.astype(float), 1e-7, 1 - 1e-7)
    return float(-np.where(targets, np.log(p), np.log(1 - p)).mean())


def test_finds_what_one_category_says_of_another(sample: Sample) -> None:
    """The weight that made the data is found, and no other of note."""
    calibration = with_mixing(*sample, fit_calibration(*sample))
    assert calibration.mixing[2][0] == pytest.approx(0.8, abs=0.15)
    assert abs(calibration.mixing[0][2]) < 0.1
    assert abs(calibration.mixing[1][0]) < 0.1


def test_lowers_the_loss_of_other_papers(sample: Sample) -> None:
    """Fitted on half of the papers, it predicts the other half better than Platt scaling alone."""
    targets, probabilities = sample
    platt = fit_calibration(targets[::2], probabilities[::2])
    mixed = with_mixing(targets[::2], probabilities[::2], platt)
    platt_loss = log_loss(targets[1::2], applied(platt, probabilities[1::2]))
    assert log_loss(targets[1::2], applied(mixed, probabilities[1::2])) < platt_loss - 0.005


def test_few_papers_change_little() -> None:
    """With 20 papers the prior holds mixing near nothing."""
    random = np.random.default_rng(0)
    targets, probabilities = random.random((20, 4)) < 0.3, random.random((20, 4)).astype(np.float32)
    platt = fit_calibration(targets, probabilities)
    mixed = with_mixing(targets, probabilities, platt)
    np.testing.assert_allclose(applied(mixed, probabilities), applied(platt, probabilities), atol=0.05)


def test_order_of_papers_does_not_matter(sample: Sample) -> None:
    """Permuted papers give the same calibration."""
    targets, probabilities = sample[0][:500], sample[1][:500]
    order = np.random.default_rng(1).permutation(500)
    platt = fit_calibration(targets, probabilities)
    one, other = with_mixing(targets, probabilities, platt), with_mixing(targets[order], probabilities[order], platt)
    np.testing.assert_allclose(one.mixing, other.mixing, atol=1e-6)


@pytest.mark.parametrize(
    ("mixing", "said"),
    [
        (((0.0, 1.0),), "2 by 2"),
        (((0.0, 1.0), (1.0,)), "2 by 2"),
        (((0.5, 1.0), (1.0, 0.0)), "diagonal"),
        (((0.0, float("nan")), (1.0, 0.0)), "finite"),
    ],
)
def test_mixing_of_another_form_is_refused(mixing: tuple[tuple[float, ...], ...], said: str) -> None:
    """A calibration cannot be made with a mixing that no column could use."""
    with pytest.raises(ValueError, match=said):
        Calibration((1.0, 1.0), (0.0, 0.0), mixing)
