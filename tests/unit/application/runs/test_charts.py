"""The charts and tables of an evaluation for trackers."""

import pytest

from application.evaluate import EXAMPLES, Evaluate, EvaluationReport
from application.runs.charts import category_table, example_table, f1_chart, precision_recall_chart, reliability_chart
from domain.labelled_abstract import LabelledAbstract
from domain.thresholds import Thresholds
from tests.examples import small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier

PAPERS = small_papers(250)


def report_on(papers: list[LabelledAbstract]) -> EvaluationReport:
    """An untrained classifier's report."""
    return Evaluate(FakeClassifier(small_taxonomy()), Thresholds(0.5))(papers, with_titles=True)


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    """A report on 250 papers."""
    return report_on(PAPERS)


def test_examples_are_a_hundred_of_all(report: EvaluationReport) -> None:
    """At most a hundred papers are shown, from the first to the last of those evaluated."""
    table = example_table(report)
    shown = [row[0] for row in table.rows]
    assert len(shown) <= EXAMPLES
    assert shown[0] == PAPERS[0].abstract.id and shown == sorted(set(map(str, shown)))
    assert str(shown[-1]) > str(PAPERS[240].abstract.id)


def test_few_papers_are_all_shown() -> None:
    """Of fewer than a hundred, each is shown once."""
    assert len(example_table(report_on(PAPERS[:7])).rows) == 7


def test_an_example_shows_truth_and_prediction(report: EvaluationReport) -> None:
    """A row has the paper's own categories, those predicted, and whether they are the same."""
    table = example_table(report)
    for row, example in zip(table.rows, report.examples, strict=True):
        cells = dict(zip(table.columns, row, strict=True))
        predicted = example.prediction.above(report.thresholds)
        assert str(cells["true"]).split() == [category.identifier for category in example.paper.categories]
        assert str(cells["predicted"]).split() == [score.category.identifier for score in predicted]
        assert cells["right"] == (set(str(cells["true"]).split()) == set(str(cells["predicted"]).split()))


def test_an_example_is_what_was_predicted_for_its_paper(report: EvaluationReport) -> None:
    """The probabilities shown are those of that paper."""
    example = report.examples[-1]
    batch = FakeClassifier(small_taxonomy()).predict([example.paper.abstract])
    assert example.prediction.probabilities == batch[0].probabilities


def test_charts_hold_the_report(report: EvaluationReport) -> None:
    """Curves are those of the report, and every category with a positive has its bar."""
    model, perfect = reliability_chart(report).lines
    assert model.points == tuple((each.probability, each.positives) for each in report.reliability)
    assert perfect.points == ((0.0, 0.0), (1.0, 1.0))
    assert len(precision_recall_chart(report).lines[0].points) == len(report.operating_points)
    bars = dict(f1_chart(report).bars)
    assert bars == {row.category.identifier: row.f1 for row in report.categories if row.support}
    assert list(bars.values()) == sorted(bars.values(), reverse=True)


def test_the_table_of_categories_has_them_all(report: EvaluationReport) -> None:
    """Each category has its row, in column order."""
    assert [row[0] for row in category_table(report).rows] == [str(category) for category in small_taxonomy()]
