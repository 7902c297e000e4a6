"""Platt scaling, fitted and applied."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.calibration.platt_scaling import CalibratedClassifier, calibrate, fit_calibration
from application.metrics.multi_label import multilabel_metrics
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from tests.examples import small_taxonomy
from tests.lazily import lazily
from tests.strategies import Scored, examples, probability_arrays, scored, taxonomies
from tests.unit.application.table_classifier import TableClassifier

optimize = lazily("scipy.optimize")
linear_model = lazily("sklearn.linear_model")

IDENTITY = Calibration((1.0,) * 5, (0.0,) * 5)


@pytest.fixture
def sample() -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """4,000 papers in three categories, the third without positives, and probabilities that are far too sure."""
    random = np.random.default_rng(5)
    logits = random.normal(-2, 2, (4000, 3))
    targets = random.random(logits.shape) < _sigmoid(logits)
    targets[:, 2] = False
    return targets, _sigmoid(2.5 * logits + 1).astype(np.float32)


@given(probability_arrays((3, 5)))
def test_slope_one_and_intercept_zero_change_nothing(probabilities: NDArray[np.float32]) -> None:
    """The identity gives every probability back, 0 and 1 to within the margin of float32."""
    assert _applied(IDENTITY, probabilities) == pytest.approx(probabilities, abs=3e-7)


@given(probability_arrays((6, 5)), st.floats(0.05, 40), st.floats(-90, 90))
def test_calibration_never_turns_an_order(probabilities: NDArray[np.float32], slope: float, intercept: float) -> None:
    """Whatever its parameters, calibrated probabilities are finite, from 0 to 1 and in the order they had."""
    calibrated = _applied(Calibration((slope,) * 5, (intercept,) * 5), probabilities)
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    for before, after in zip(probabilities.T, calibrated.T, strict=True):
        order = np.argsort(before, kind="stable")
        assert (np.diff(after[order]) >= 0).all()


def test_calibrated_logit_is_slope_times_logit_plus_intercept() -> None:
    """The formula is Platt's."""
    calibrated = _applied(Calibration((2.0,), (-0.5,)), np.array([[0.2]], np.float32))
    assert calibrated[0, 0] == pytest.approx(_sigmoid(2 * np.log(0.2 / 0.8) - 0.5), rel=1e-5)


def test_fit_repairs_probabilities_that_are_too_sure(sample: Scored) -> None:
    """Fitted on one half of the papers, calibration cuts the error on the other by more than four fifths."""
    targets, probabilities = sample
    calibration = fit_calibration(targets[::2], probabilities[::2])
    before = multilabel_metrics(targets[1::2], probabilities[1::2], [0.5] * 3)["ece"]
    after = multilabel_metrics(targets[1::2], _applied(calibration, probabilities[1::2]), [0.5] * 3)["ece"]
    assert after < before / 5


def test_fit_agrees_with_logistic_regression_where_positives_are_many(sample: Scored) -> None:
    """For a category with hundreds of positives, slope and intercept are those of logistic regression without prior."""
    targets, probabilities = sample
    calibration = fit_calibration(targets, probabilities)
    logits = np.log(probabilities[:, [0]].astype(float)) - np.log1p(-probabilities[:, [0]].astype(float))
    oracle = linear_model.LogisticRegression(C=1e6).fit(logits, targets[:, 0])
    assert calibration.slopes[0] == pytest.approx(oracle.coef_[0, 0], abs=0.03)
    assert calibration.intercepts[0] == pytest.approx(oracle.intercept_[0], abs=0.1)


def test_category_without_positives_stays_near_the_others(sample: Scored) -> None:
    """Its probabilities fall, yet its parameters do not run away."""
    targets, probabilities = sample
    calibration = fit_calibration(targets, probabilities)
    assert _applied(calibration, probabilities)[:, 2].mean() < probabilities[:, 2].mean() / 3
    assert abs(calibration.intercepts[2]) < 6
    assert calibration.slopes[2] < 2


@given(scored(min_papers=0))
def test_any_data_give_a_calibration(case: Scored) -> None:
    """No papers, no positives, certainty, separable or misleading probabilities: slopes stay positive and finite."""
    calibration = fit_calibration(*case)
    assert len(calibration.slopes) == case[0].shape[1]
    assert all(0.05 <= slope < 20 for slope in calibration.slopes)
    assert all(abs(intercept) < 20 for intercept in calibration.intercepts)


@given(scored())
def test_fit_does_not_raise_the_log_loss(case: Scored) -> None:
    """On the papers it was fitted on, calibration is at least as likely as no calibration, short of rounding."""
    targets, probabilities = case
    before = _log_loss(targets, _applied(Calibration(*_identity(targets.shape[1])), probabilities))
    assert _log_loss(targets, _applied(fit_calibration(targets, probabilities), probabilities)) <= before + 1e-3


@examples(10)
@given(scored(max_categories=3))
def test_fit_is_the_minimum_of_log_loss_and_prior(case: Scored) -> None:
    """Each line minimises its log loss plus the prior's pull towards the common one, itself pulled to the identity."""
    targets, probabilities = case
    held = np.clip(probabilities.astype(float), 1e-7, 1 - 1e-7)
    logits = np.log(held / (1 - held))
    common = _minimum(logits.ravel(), targets.ravel(), np.array([1.0, 0.0]))
    expected = [_minimum(logits[:, c], targets[:, c], common) for c in range(targets.shape[1])]
    calibration = fit_calibration(targets, probabilities)
    found = np.array([calibration.slopes, calibration.intercepts]).T
    assert found == pytest.approx(np.array(expected), abs=2e-3)


def test_misleading_probabilities_keep_a_positive_slope() -> None:
    """If the improbable is true, calibration flattens and does not turn the order."""
    probabilities = np.tile(np.linspace(0.01, 0.99, 400, dtype=np.float32)[:, None], 2)
    calibration = fit_calibration(probabilities < 0.5, probabilities)
    assert calibration.slopes == pytest.approx((0.05, 0.05))
    assert _applied(calibration, probabilities).mean() == pytest.approx(0.5, abs=0.01)


@given(st.data(), taxonomies())
def test_aliases_get_equal_probability(data: st.DataObject, taxonomy: Taxonomy) -> None:
    """A category and its twin have exactly the same probability, the mean of both. No other is moved."""
    table = data.draw(probability_arrays((3, len(taxonomy))))
    predicted = _predict(taxonomy, table, Calibration(*_identity(len(taxonomy))))
    expected = table.copy()
    for left, right in taxonomy.alias_pairs():
        expected[:, [left, right]] = table[:, [left, right]].mean(axis=1, keepdims=True)
        assert (predicted[:, left] == predicted[:, right]).all()
    assert predicted == pytest.approx(expected, abs=3e-7)


def test_batch_and_single_abstract_agree_to_the_bit() -> None:
    """A row does not depend on its neighbours."""
    taxonomy = small_taxonomy()
    table = np.random.default_rng(1).random((33, 5), np.float32)
    calibrated = CalibratedClassifier(
        TableClassifier(taxonomy, table), Calibration((0.7, 1.0, 1.3, 1.2, 2.0), (0.1, -3.0, 0.4, 0.2, 0.0))
    )
    abstracts = [Abstract("text", id=str(row)) for row in range(33)]
    together = list(calibrated.predict(abstracts))
    assert together == [calibrated.predict([abstract])[0] for abstract in abstracts]


def test_no_abstracts_give_an_empty_batch() -> None:
    """Predicting nothing gives nothing."""
    classifier = CalibratedClassifier(TableClassifier(small_taxonomy(), np.zeros((0, 5), np.float32)), IDENTITY)
    assert len(classifier.predict([])) == 0


def test_classifiers_own_buffer_is_left_alone() -> None:
    """Calibration writes into a new buffer, so a classifier may keep or share its own."""
    buffer = np.full((1, 5), 0.5, np.float32)
    buffer.flags.writeable = False
    taxonomy = small_taxonomy()

    class Shared(TableClassifier):
        def predict(self, abstracts: object, *, checkpoint: object = None) -> PredictionBatch:
            return PredictionBatch(taxonomy, buffer.data)

    calibrated = CalibratedClassifier(Shared(taxonomy, buffer), replace(IDENTITY, intercepts=(1.0,) * 5))
    assert calibrated.predict([Abstract("text")])[0].probabilities[0] == pytest.approx(_sigmoid(1.0))
    assert (buffer == 0.5).all()


def test_calibration_of_another_width_is_refused() -> None:
    """A calibration for another number of categories cannot be applied."""
    with pytest.raises(ValueError, match="2 columns for 5 categories"):
        CalibratedClassifier(
            TableClassifier(small_taxonomy(), np.zeros((0, 5), np.float32)), Calibration((1.0,) * 2, (0.0,) * 2)
        )


def _predict(taxonomy: Taxonomy, table: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    calibrated = CalibratedClassifier(TableClassifier(taxonomy, table), calibration)
    return np.asarray(calibrated.predict([Abstract("text", id=str(row)) for row in range(len(table))]).probabilities)


def _applied(calibration: Calibration, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    return calibrate(
        probabilities, np.array(calibration.slopes, np.float32), np.array(calibration.intercepts, np.float32)
    )


def _identity(width: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (1.0,) * width, (0.0,) * width


def _minimum(
    logits: NDArray[np.float64], targets: NDArray[np.bool_], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    def cost(line: NDArray[np.float64]) -> float:
        z = line[0] * logits + line[1]
        pull = ((line - prior) / (0.25, 0.5)) ** 2
        return float((np.logaddexp(0, z) - targets * z).sum() + pull.sum() / 2)

    found = optimize.minimize(cost, prior, bounds=[(0.05, None), (None, None)], options={"ftol": 1e-14, "gtol": 1e-9})
    return np.asarray(found.x)


def _log_loss(targets: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> float:
    held = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.log(np.where(targets, held, 1 - held)).sum())


def _sigmoid(logits: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.asarray(logits))))
