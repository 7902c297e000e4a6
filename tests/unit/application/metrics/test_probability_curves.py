"""Precision, recall and reliability over the range of probabilities."""

import numpy as np
from hypothesis import given

from application.metrics.calibration_error import BINS
from application.metrics.multi_label import multilabel_metrics
from application.metrics.probability_curves import operating_points, reliability_bins
from tests.strategies import Scored, scored


@given(scored())
def test_a_point_says_what_the_metrics_say_at_its_threshold(case: Scored) -> None:
    """Precision and recall of a point are micro precision and recall at its threshold."""
    targets, probabilities = case
    points = operating_points(targets, probabilities)
    for point in points[:: max(1, len(points) // 3)]:
        metrics = multilabel_metrics(targets, probabilities, (point.threshold,) * targets.shape[1])
        assert np.isclose(point.precision, metrics["micro_precision"])
        assert np.isclose(point.recall, metrics["micro_recall"])


@given(scored())
def test_every_pair_is_in_one_bin(case: Scored) -> None:
    """The bins hold all pairs, their mean probabilities average to that of all, their positives to all positives."""
    targets, probabilities = case
    bins = reliability_bins(targets, probabilities)
    assert sum(each.pairs for each in bins) == targets.size
    assert len(bins) <= BINS
    assert np.isclose(
        sum(each.probability * each.pairs for each in bins), probabilities.sum(dtype=np.float64), atol=1e-3
    )
    assert np.isclose(sum(each.positives * each.pairs for each in bins), targets.sum())


def test_nothing_predicted_has_no_points() -> None:
    """Where no probability reaches 0.01 there is no point, and one bin."""
    targets = np.array([[1, 0]], np.uint8)
    probabilities = np.zeros((1, 2), np.float32)
    assert operating_points(targets, probabilities) == ()
    assert [(each.pairs, each.positives) for each in reliability_bins(targets, probabilities)] == [(2, 0.5)]
