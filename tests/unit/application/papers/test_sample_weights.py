"""Papers that count by weights, with scikit-learn as the oracle; elsewhere, whole weights are repetitions."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from application.calibration.form_choice import choose_calibration
from application.calibration.matrix_scaling import with_mixing
from application.calibration.platt_scaling import fit_calibration
from application.calibration.threshold_tuning import tune_category_thresholds, tune_global_threshold
from application.calibration.tuning import tune, tuning_papers
from application.evaluate import Evaluate
from application.metrics.decisions import count
from application.metrics.intervals import bootstrap_micro
from application.metrics.multi_label import CategoryMetrics, category_metrics, decide, multilabel_metrics
from application.metrics.probability_curves import OperatingPoint, ReliabilityBin, operating_points, reliability_bins
from application.models.ensemble_weights import fit_weights
from application.papers.label_checks import most_frequent
from application.papers.sample_weights import effective_papers, ratios_of, weights_of
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds
from tests.examples import small_papers, small_taxonomy
from tests.lazily import lazily
from tests.strategies import Scored, examples, scored
from tests.unit.application.table_classifier import TableClassifier, numbered_papers

sklearn_metrics = lazily("sklearn.metrics")

Weighted = tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.float64]]


@st.composite
def weighted_scores(draw: st.DrawFn, *, whole: bool, min_categories: int = 1) -> Weighted:
    """Targets, probabilities and weights, some of them 0 but not all: whole numbers to 3, or any numbers to 10."""
    targets, probabilities = draw(scored(min_categories=min_categories))
    each: st.SearchStrategy[float] = st.integers(0, 3).map(float) if whole else st.floats(0.01, 10) | st.just(0.0)
    weights = draw(hnp.arrays(np.float64, len(targets), elements=each))
    if not weights.any():
        weights[0] = 1.0
    return targets, probabilities, weights


def _repeated(case: Weighted) -> Scored:
    targets, probabilities, weights = case
    times = weights.astype(int)
    return np.repeat(targets, times, axis=0), np.repeat(probabilities, times, axis=0)


def _taxonomy(columns: int) -> Taxonomy:
    return Taxonomy(tuple(CategoryInfo(Category(f"x.{'abcdefghi'[column]}"), "", "") for column in range(columns)))


def _numbers(row: object) -> list[float]:
    assert isinstance(row, CategoryMetrics | OperatingPoint | ReliabilityBin)
    return [value for value in asdict(row).values() if isinstance(value, int | float)]


@examples(40)
@given(weighted_scores(whole=True), st.floats(0, 1))
def test_whole_weights_are_repetitions_in_every_metric(case: Weighted, threshold: float) -> None:
    """Each metric of papers with whole weights is that of papers repeated so often; weight 0 is no paper."""
    targets, probabilities, weights = case
    cuts = [threshold] * targets.shape[1]
    found = multilabel_metrics(targets, probabilities, cuts, weights)
    assert found == pytest.approx(multilabel_metrics(*_repeated(case), cuts), abs=1e-6)


@examples(40)
@given(weighted_scores(whole=False, min_categories=2), st.floats(0, 1))
def test_decisions_equal_scikit_learns_sample_weight(case: Weighted, threshold: float) -> None:
    """Precision, recall and F1 in four averages, Hamming loss and subset accuracy are scikit-learn's with weights."""
    targets, probabilities, weights = case
    predicted = decide(probabilities, threshold)
    found = multilabel_metrics(targets, probabilities, [threshold] * targets.shape[1], weights)
    kept = weights @ targets > 0
    for average in ("micro", "macro", "weighted") if kept.any() else ("micro",):
        labels = np.flatnonzero(kept) if average == "macro" else None
        wanted = sklearn_metrics.precision_recall_fscore_support(
            targets, predicted, labels=labels, average=average, sample_weight=weights, zero_division=0
        )
        numbers = [found[f"{average}_{name}"] for name in ("precision", "recall", "f1")]
        assert numbers == pytest.approx(list(wanted[:3]), abs=1e-9)
    assert found["hamming_loss"] == pytest.approx(
        sklearn_metrics.hamming_loss(targets, predicted, sample_weight=weights)
    )
    assert found["subset_accuracy"] == pytest.approx(
        sklearn_metrics.accuracy_score(targets, predicted, sample_weight=weights)
    )


@examples(40)
@given(weighted_scores(whole=False, min_categories=2))
def test_rankings_equal_scikit_learns_sample_weight(case: Weighted) -> None:
    """Average precision, ROC-AUC and nDCG are scikit-learn's with weights."""
    targets, probabilities, weights = case
    found = multilabel_metrics(targets, probabilities, [0.5] * targets.shape[1], weights)
    counted = weights > 0
    truth, scores, sizes = targets[counted], probabilities[counted], weights[counted]
    positive = np.flatnonzero(truth.any(axis=0))
    both = [column for column in positive if not truth[:, column].all()]
    average_precision, roc_auc = sklearn_metrics.average_precision_score, sklearn_metrics.roc_auc_score
    ap = [average_precision(truth[:, c], scores[:, c], sample_weight=sizes) for c in positive]
    auc = [roc_auc(truth[:, c], scores[:, c], sample_weight=sizes) for c in both]
    assert found["average_precision_macro"] == pytest.approx(np.mean(ap or [0]))
    assert found["roc_auc_macro"] == pytest.approx(np.mean(auc or [0]))
    if truth.any() and not truth.all():
        pairs = np.repeat(sizes, truth.shape[1])
        micro = average_precision(truth.ravel(), scores.ravel(), sample_weight=pairs)
        assert found["average_precision_micro"] == pytest.approx(micro)
        assert found["roc_auc_micro"] == pytest.approx(roc_auc(truth.ravel(), scores.ravel(), sample_weight=pairs))
    labelled = truth.any(axis=1)
    if labelled.any():
        ndcg = sklearn_metrics.ndcg_score(
            truth[labelled].astype(int), scores[labelled], k=5, sample_weight=sizes[labelled]
        )
        assert found["ndcg_at_5"] == pytest.approx(ndcg)


@examples(40)
@given(weighted_scores(whole=True))
def test_whole_weights_are_repetitions_by_category_and_along_thresholds(case: Weighted) -> None:
    """Categories' metrics and supports, operating points and reliability are those of repeated papers."""
    targets, probabilities, weights = case
    taxonomy, cuts = _taxonomy(targets.shape[1]), [0.5] * targets.shape[1]
    again = _repeated(case)
    for one, other in (
        (category_metrics(targets, probabilities, cuts, taxonomy, weights), category_metrics(*again, cuts, taxonomy)),
        (operating_points(targets, probabilities, weights), operating_points(*again)),
        (reliability_bins(targets, probabilities, weights), reliability_bins(*again)),
    ):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert _numbers(left) == pytest.approx(_numbers(right), abs=1e-6)


@examples(40)
@given(weighted_scores(whole=True))
def test_whole_weights_are_repetitions_in_thresholds(case: Weighted) -> None:
    """The thresholds of weighted papers are, to the last bit, those of repeated ones."""
    targets, probabilities, weights = case
    assert tune_global_threshold(targets, probabilities, weights) == tune_global_threshold(*_repeated(case))
    found = tune_category_thresholds(targets, probabilities, minimum_positives=2, weights=weights)
    assert found == tune_category_thresholds(*_repeated(case), minimum_positives=2)


@examples(15)
@given(weighted_scores(whole=True))
def test_whole_weights_are_repetitions_in_calibration(case: Weighted) -> None:
    """Platt lines, mixing and the weights of an ensemble's models are those of repeated papers."""
    targets, probabilities, weights = case
    again = _repeated(case)
    line, wanted = fit_calibration(targets, probabilities, weights), fit_calibration(*again)
    assert (*line.slopes, *line.intercepts) == pytest.approx((*wanted.slopes, *wanted.intercepts), abs=1e-5)
    mixed, wanted = with_mixing(targets, probabilities, line, weights), with_mixing(*again, line)
    assert np.ravel(mixed.mixing) == pytest.approx(np.ravel(wanted.mixing), abs=1e-5)
    assert (*mixed.slopes, *mixed.intercepts) == pytest.approx((*wanted.slopes, *wanted.intercepts), abs=1e-4)
    tables = [probabilities, probabilities[:, ::-1].copy()]
    repeated = [np.repeat(table, weights.astype(int), axis=0) for table in tables]
    assert fit_weights(targets, tables, weights) == pytest.approx(fit_weights(again[0], repeated), abs=1e-4)


def _drawn(papers: int, slope: float) -> Scored:
    random = np.random.default_rng(3)
    logits = random.normal(-1, 2, (papers, 3))
    targets = random.random(logits.shape) < 1 / (1 + np.exp(-slope * logits))
    return targets, (1 / (1 + np.exp(-logits))).astype(np.float32)


def test_the_form_of_calibration_is_that_of_the_papers_that_count() -> None:
    """A half of the papers that weighs nothing decides nothing. A common factor changes nothing."""
    crooked, straight = _drawn(1000, 0.5), _drawn(1000, 1.0)
    targets, probabilities = (np.concatenate(pair) for pair in zip(crooked, straight, strict=True))
    papers = np.arange(2000)
    for counted, is_calibrated in ((papers < 1000, True), (papers >= 1000, False)):
        for factor in (1.0, 1e3):
            weights: NDArray[np.float64] = counted.astype(np.float64) * factor
            fit, _ = choose_calibration(targets, probabilities, papers, weights / weights.mean())
            assert (fit(targets, probabilities, weights).slopes != (1.0, 1.0, 1.0)) == is_calibrated


def test_a_few_papers_of_great_weight_choose_no_calibration() -> None:
    """Papers are worth as many as equal weights would be: 10 of great weight among 1,000 are too few."""
    targets, probabilities = _drawn(1000, 0.5)
    weights = np.where(np.arange(1000) < 10, 1e4, 1e-4)
    fit, _ = choose_calibration(targets, probabilities, np.arange(1000), weights)
    assert fit(targets, probabilities, None).slopes == (1.0, 1.0, 1.0)


def test_weights_of_one_choose_what_no_weights_choose() -> None:
    """The rule for weighted papers is that for all others where all weights are 1."""
    for slope in (0.5, 0.9, 1.0):
        targets, probabilities = _drawn(400, slope)
        papers = np.arange(400)
        plain = choose_calibration(targets, probabilities, papers)
        even = choose_calibration(targets, probabilities, papers, np.ones(400))
        assert plain[0] is even[0]
        np.testing.assert_allclose(plain[1], even[1], atol=1e-6)


def test_tuning_counts_papers_by_the_ratio_of_their_weights() -> None:
    """Unequal weights move calibration and threshold. A common factor of a thousand moves neither."""
    taxonomy = small_taxonomy()
    random = np.random.default_rng(0)
    papers = small_papers(400)
    raw = random.uniform(0.05, 0.95, (800, 5)).astype(np.float32)
    weighed = [_weighing(paper, 0.25 if number % 2 else 1.0) for number, paper in enumerate(papers)]
    scaled = [_weighing(paper, paper.weight * 1000) for paper in weighed]
    found, plain = tune(tuning_papers(weighed, taxonomy), raw), tune(tuning_papers(papers, taxonomy), raw)
    assert found != plain
    again = tune(tuning_papers(scaled, taxonomy), raw)
    assert again[0].slopes == pytest.approx(found[0].slopes) and again[1] == found[1]


def _weighing(paper: LabelledAbstract, weight: float) -> LabelledAbstract:
    return LabelledAbstract(paper.abstract, paper.categories, weight=weight)


def test_an_evaluation_counts_papers_by_their_weights() -> None:
    """The report has the metrics and supports of repeated papers, and how many papers of equal weight say as much."""
    taxonomy = small_taxonomy()
    targets, table = np.random.default_rng(0).random((30, 5)) < 0.3, np.random.default_rng(1).random((30, 5))
    papers = [_weighing(paper, float(n % 3)) for n, paper in enumerate(numbered_papers(targets, taxonomy))]
    repeated = [_weighing(paper, 1.0) for paper in papers for _ in range(int(paper.weight))]
    judge = Evaluate(TableClassifier(taxonomy, table.astype(np.float32)), Thresholds(0.5))
    found, wanted = judge(papers, with_titles=True), judge(repeated, with_titles=True)
    assert found.metrics == pytest.approx(wanted.metrics)
    assert [row.support for row in found.categories] == [row.support for row in wanted.categories]
    assert found.effective_papers == pytest.approx(30**2 / 50) and found.papers == 30
    assert wanted.effective_papers is None and "effective_papers" not in wanted.to_json()
    assert found.to_json()["effective_papers"] == found.effective_papers


def test_the_most_frequent_category_is_that_of_the_population() -> None:
    """Papers count by weight for which category is most frequent, and for what saying it is worth."""
    papers = small_papers(8)
    training = [_weighing(paper, 10.0 if str(paper.primary) == "hep-th" else 1.0) for paper in papers]
    found = most_frequent(training, training, small_taxonomy())
    assert str(found.category) == "hep-th"
    repeated = [_weighing(paper, 1.0) for paper in training for _ in range(int(paper.weight))]
    assert found == most_frequent(repeated, repeated, small_taxonomy())


@examples(10)
@given(weighted_scores(whole=False))
def test_intervals_hold_the_weighted_value(case: Weighted) -> None:
    """The bootstrap's value is the weighted micro average, and lies in its interval's reach from 0 to 1."""
    targets, probabilities, weights = case
    decided = decide(probabilities, 0.5)
    found = bootstrap_micro(count(targets, decided, axis=1), weights=weights)
    wanted = multilabel_metrics(targets, probabilities, [0.5] * targets.shape[1], weights)
    assert found["micro_f1"].value == pytest.approx(wanted["micro_f1"])
    assert 0 <= found["micro_f1"].low <= found["micro_f1"].high <= 1 + 1e-12


def test_unequal_weights_widen_intervals() -> None:
    """Of 400 papers, those of which a few count most say less than those that count alike."""
    random = np.random.default_rng(0)
    targets = random.random((400, 3)) < 0.4
    counts = count(targets, random.random((400, 3)) < 0.4, axis=1)
    widths = [
        found["micro_f1"].high - found["micro_f1"].low
        for weights in (np.ones(400), np.where(np.arange(400) < 20, 100.0, 1.0))
        for found in [bootstrap_micro(counts, weights=weights)]
    ]
    assert widths[1] > 2 * widths[0]
    assert bootstrap_micro(counts, weights=np.ones(400)) == bootstrap_micro(counts)


def test_weights_of_one_are_no_weights() -> None:
    """Papers that all count alike have no weights, so that nothing is computed in another way."""
    assert weights_of(small_papers(5)) is None and ratios_of(small_papers(5)) is None and weights_of([]) is None


def test_ratios_have_mean_one() -> None:
    """A common factor of all weights is divided out."""
    papers = [_weighing(paper, weight) for paper, weight in zip(small_papers(3), (2.0, 4.0, 6.0), strict=True)]
    found = ratios_of(papers)
    assert found is not None and found.tolist() == [0.5, 1.0, 1.5]


@pytest.mark.parametrize(("weights", "papers"), [([1, 1, 1, 1], 4), ([1, 0, 0], 1), ([1e-300] * 3, 3), ([3, 1], 1.6)])
def test_effective_papers(weights: list[float], papers: float) -> None:
    """Equal weights are as many papers as there are, whatever the weight; weight 0 is none."""
    assert effective_papers(np.array(weights, np.float64)) == pytest.approx(papers)


def test_papers_that_all_weigh_nothing_are_refused() -> None:
    """If nothing counts there is nothing to measure, and the error says so."""
    with pytest.raises(InvalidInputError, match="All 3 papers have the weight 0"):
        weights_of([_weighing(paper, 0.0) for paper in small_papers(3)])


@pytest.mark.parametrize("weight", [-0.5, float("nan"), float("inf")])
def test_a_weight_is_a_finite_number_from_zero(weight: float) -> None:
    """Any other is an error with its value."""
    with pytest.raises(InvalidInputError, match=f"The weight is {weight}. Give a number from 0."):
        _weighing(small_papers(1)[0], weight)


def test_a_weight_has_a_bound() -> None:
    """Sums of squares of weights stay within float64, because no weight is above 1e12."""
    assert _weighing(small_papers(1)[0], 1e12).weight == 1e12
    with pytest.raises(InvalidInputError, match=r"The weight is 1e\+308\. Give one of at most 1,000,000,000,000"):
        _weighing(small_papers(1)[0], 1e308)
