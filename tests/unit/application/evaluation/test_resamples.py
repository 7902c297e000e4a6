"""Metrics of resampled papers, and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.evaluation.decision_resamples import part_values, resample_decisions
from application.evaluation.measuring import measured
from application.evaluation.ranking_resamples import resample_rankings
from application.evaluation.resampling import resamples
from application.metrics.multi_label import category_metrics, multilabel_metrics
from tests.lazily import lazily
from tests.strategies import Scored, examples, scored
from tests.unit.application.evaluation.outcomes import made_up, outcome_from

oracle = lazily("scipy.stats")


@examples(60)
@given(scored(max_papers=10), st.floats(0, 1), st.data())
def test_metrics_of_a_resample_are_those_of_weighted_papers(
    case: Scored, threshold: float, data: st.DataObject
) -> None:
    """Every metric of every resample equals the metric of the papers with the resample's counts as weights."""
    targets, probabilities = case
    targets[:, 0] |= ~targets.any(axis=1)
    weights = data.draw(
        st.none() | st.lists(st.sampled_from([0.0, 0.5, 3.0]), min_size=len(targets), max_size=len(targets))
    )
    outcome = outcome_from(targets, probabilities, threshold=threshold, weights=weights)
    found = {**resample_decisions(outcome, 3, seed=1).metrics, **resample_rankings(outcome, 3, seed=1)}
    drawn = np.concatenate(list(resamples(len(targets), 3, seed=1, weights=outcome.weights)), axis=1)
    for number in range(3):
        expected = multilabel_metrics(targets, probabilities, outcome.thresholds, drawn[:, number])
        assert {name: values[number] for name, values in found.items()} == pytest.approx(expected, abs=2e-5)


def test_category_f1_of_a_resample_is_that_of_weighted_papers() -> None:
    """Each category's F1 in a resample is that of the papers with its counts as weights."""
    outcome = made_up(40, skill=0.4)
    found = resample_decisions(outcome, 2, seed=5)
    drawn = np.concatenate(list(resamples(40, 2, seed=5)), axis=1)
    for number in range(2):
        rows = category_metrics(
            outcome.targets, outcome.probabilities, outcome.thresholds, outcome.taxonomy, drawn[:, number]
        )
        assert found.category_f1[number].tolist() == pytest.approx([row.f1 for row in rows])


def test_parts_have_the_metrics_of_their_papers() -> None:
    """A part's values and resamples are those of its papers alone."""
    outcome = made_up(50, skill=0.4)
    part = np.array([3, 4, 9, 20, 41])
    values = part_values(outcome, part)
    chosen = outcome_from(outcome.targets[part], outcome.probabilities[part])
    expected = multilabel_metrics(chosen.targets, chosen.probabilities, chosen.thresholds)
    assert values == pytest.approx({name: expected[name] for name in values})
    drawn = np.concatenate(list(resamples(50, 4, seed=2)), axis=1)[part]
    found = resample_decisions(outcome, 4, seed=2, parts=[part]).parts[0]["micro_f1"]
    for number in range(4):
        expected = multilabel_metrics(chosen.targets, chosen.probabilities, chosen.thresholds, drawn[:, number])
        assert found[number] == pytest.approx(expected["micro_f1"], abs=1e-6)


def test_micro_average_precision_with_many_scores_is_close() -> None:
    """Rounding scores to 512 values changes micro average precision by less than .001."""
    outcome = made_up(3000, skill=0.3)
    counts = next(resamples(3000, 1, seed=0))[:, 0]
    expected = multilabel_metrics(outcome.targets, outcome.probabilities, outcome.thresholds, counts)
    found = resample_rankings(outcome, 1, seed=0)
    assert len(np.unique(outcome.probabilities[outcome.targets])) > 3000
    assert found["average_precision_micro"][0] == pytest.approx(expected["average_precision_micro"], abs=1e-3)
    assert found["roc_auc_micro"][0] == pytest.approx(expected["roc_auc_micro"], abs=1e-4)


def test_interval_is_scipys() -> None:
    """The interval of micro F1 is that of scipy's bootstrap of papers, but for chance."""
    outcome = made_up(400, skill=0.4)
    hits = (outcome.targets & outcome.predicted).sum(axis=1)
    sizes = outcome.targets.sum(axis=1) + outcome.predicted.sum(axis=1)
    found = measured(outcome, seed=0, rankings=False).metrics["micro_f1"]
    expected = oracle.bootstrap(
        (hits, sizes),
        lambda hits, sizes, axis: 2 * hits.sum(axis=axis) / sizes.sum(axis=axis),
        n_resamples=2000,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.1 * width)
    assert found.high == pytest.approx(expected.high, abs=0.1 * width)


def test_fewer_resamples_are_the_first_of_more() -> None:
    """Resamples depend on the number of papers and the seed alone, and each draws as many papers as there are."""
    few, many = (np.concatenate(list(resamples(30, number, seed=4)), axis=1) for number in (5, 50))
    assert (few == many[:, :5]).all()
    assert (many.sum(axis=0) == 30).all()
    assert not (few == np.concatenate(list(resamples(30, 5, seed=5)), axis=1)).all()


@pytest.mark.parametrize(
    ("targets", "probabilities", "weights"),
    [
        ([[True, False]], [[0.9, 0.1]], None),
        ([[True, False], [True, False]], [[0.0, 0.0], [0.0, 0.0]], None),
        ([[True, False], [False, True]], [[0.9, 0.1], [0.6, 0.6]], [0.0, 2.0]),
        ([[True, False], [False, True]], [[0.9, 0.1], [0.6, 0.6]], [0.0, 0.0]),
    ],
    ids=["one paper", "no probability", "a weight of zero", "all weights zero"],
)
def test_intervals_of_few_papers_hold_the_value(
    targets: list[list[bool]], probabilities: list[list[float]], weights: list[float] | None
) -> None:
    """With one paper, no positives in a category or weights of zero, each metric is a number inside its interval."""
    outcome = outcome_from(np.array(targets), np.array(probabilities, np.float32), weights=weights)
    found = measured(outcome, seed=0)
    for name, estimate in found.metrics.items():
        assert np.isfinite([estimate.value, estimate.low, estimate.high]).all(), name
        assert estimate.low - 1e-6 <= estimate.value <= estimate.high + 1e-6, name


def test_a_category_of_few_papers_leaves_macro_averages_inside_their_intervals() -> None:
    """Resamples without a category of one paper leave it out, which alone would put macro mAP below its interval."""
    chance = np.random.default_rng(3)
    targets = np.zeros((300, 6), np.bool_)
    targets[5:, 0] = True
    targets[:5, 1:] = np.eye(5, dtype=np.bool_)
    probabilities = (0.6 * targets + 0.4 * chance.random(targets.shape)).astype(np.float32)
    probabilities[:5, 1:] *= 0.1
    found = measured(outcome_from(targets, probabilities), seed=0).metrics
    for name in ("average_precision_macro", "roc_auc_macro"):
        assert found[name].low <= found[name].value <= found[name].high
