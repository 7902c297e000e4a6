"""The use case Evaluate."""

import json
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.evaluate import Evaluate, EvaluationReport, probabilities_of
from application.metrics.multi_label import category_metrics, multilabel_metrics
from domain.category import Category
from domain.errors import InvalidInputError
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy
from tests.strategies import scored, taxonomies, thresholds_of
from tests.unit.application.table_classifier import TableClassifier, numbered_papers

TARGETS = np.array([[1, 0, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]], np.bool_)
TABLE = np.array([[0.9, 0.1, 0, 0, 0.7], [0.2, 0.1, 0.8, 0.8, 0.1], [0.1, 0.6, 0, 0, 0]], np.float32)
THRESHOLDS = Thresholds(0.5, {Category("cs.CV"): 0.75})


def report_on(*, with_titles: bool = True) -> EvaluationReport:
    """The report on three papers with a clock that moves by two seconds a look."""
    evaluate = Evaluate(TableClassifier(small_taxonomy(), TABLE), THRESHOLDS, clock=count(10, 2).__next__)
    return evaluate(numbered_papers(TARGETS, small_taxonomy()), with_titles=with_titles)


@given(st.data(), taxonomies(), st.integers(1, 5))
def test_metrics_are_those_of_the_classifiers_probabilities(
    data: st.DataObject, taxonomy: Taxonomy, batch_size: int
) -> None:
    """Whatever the batch size, row i of the probabilities is compared with paper i's categories."""
    width = len(taxonomy)
    targets, table = data.draw(scored(min_categories=width, max_categories=width))
    thresholds = data.draw(thresholds_of(taxonomy))
    evaluate = Evaluate(TableClassifier(taxonomy, table), thresholds, batch_size=batch_size)
    report = evaluate(numbered_papers(targets, taxonomy), with_titles=True)
    cuts = thresholds.in_columns(taxonomy)
    assert report.metrics == multilabel_metrics(targets, table, cuts)
    assert report.categories == category_metrics(targets, table, cuts, taxonomy)


def test_report_counts_papers_and_labels() -> None:
    """A paper outside the taxonomy counts as a paper and as no labelled one."""
    report = report_on()
    assert (report.papers, report.labelled_papers, report.labels) == (3, 2, 3)


def test_report_measures_the_time_of_predicting() -> None:
    """Seconds are those between the looks at the clock before and after predicting."""
    report = report_on()
    assert report.seconds == 2
    assert report.abstracts_per_second == 1.5


def test_clock_that_stands_still_gives_no_speed() -> None:
    """A prediction too fast for the clock does not divide by zero."""
    evaluate = Evaluate(TableClassifier(small_taxonomy(), TABLE), THRESHOLDS, clock=lambda: 1.0)
    assert evaluate(numbered_papers(TARGETS, small_taxonomy()), with_titles=True).abstracts_per_second == 0


@pytest.mark.parametrize("with_titles", [True, False])
def test_titles_are_read_only_where_asked(with_titles: bool) -> None:
    """Without titles the classifier sees the abstracts alone. The report says which it was."""
    classifier = TableClassifier(small_taxonomy(), TABLE)
    report = Evaluate(classifier, THRESHOLDS)(numbered_papers(TARGETS, small_taxonomy()), with_titles=with_titles)
    seen = [abstract for batch in classifier.batches for abstract in batch]
    assert {abstract.title for abstract in seen} == ({"title"} if with_titles else {None})
    # The first batch is predicted twice, once before the clock starts.
    assert [abstract.text for abstract in seen] == ["text"] * 6
    assert report.with_titles is with_titles


def test_classifier_is_asked_in_batches() -> None:
    """No batch is larger than the batch size."""
    classifier = TableClassifier(small_taxonomy(), TABLE)
    Evaluate(classifier, THRESHOLDS, batch_size=2)(numbered_papers(TARGETS, small_taxonomy()), with_titles=True)
    assert [len(batch) for batch in classifier.batches] == [2, 2, 1]  # the first one once more, before the clock starts


def test_evaluating_on_nothing_is_refused() -> None:
    """Without papers there is nothing to report."""
    with pytest.raises(InvalidInputError, match="no paper to evaluate on"):
        Evaluate(TableClassifier(small_taxonomy(), TABLE), THRESHOLDS)([], with_titles=True)


def test_report_is_written_and_read_as_json() -> None:
    """The report is made of JSON's own types, and strict JSON at that."""
    document = report_on().to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["threshold"] == 0.5
    assert document["metrics"] == report_on().metrics


def test_category_rows_are_flat_and_in_column_order() -> None:
    """A row holds one category's numbers and its own threshold."""
    rows = report_on().category_rows()
    assert [row["category"] for row in rows] == [str(category) for category in small_taxonomy()]
    assert [row["threshold"] for row in rows] == [0.5, 0.5, 0.5, 0.5, 0.75]
    expected = rows[0].pop("expected")
    assert expected == pytest.approx(float(TABLE[:, 0].sum()))
    assert rows[0] == {
        "category": "cs.LG", "threshold": 0.5, "support": 1,
        "precision": 1.0, "recall": 1.0, "f1": 1.0, "average_precision": 1.0, "roc_auc": 1.0,
    }  # fmt: skip


def test_probabilities_of_nothing_have_no_rows() -> None:
    """Without abstracts the array is empty and still as wide as the taxonomy."""
    assert probabilities_of(TableClassifier(small_taxonomy(), TABLE), []).shape == (0, 5)
