"""Tables and charts of an evaluation, for a tracker."""

from application.evaluate import EvaluationReport, Example
from domain.charts import BarChart, Cell, Line, LineChart, Table

_LONGEST_TEXT = 300
_DIAGONAL = ((0.0, 0.0), (1.0, 1.0))


def reliability_chart(report: EvaluationReport) -> LineChart:
    """Returns the share of positives over the mean probability of bins, on the diagonal if well calibrated."""
    points = tuple((each.probability, each.positives) for each in report.reliability)
    lines = (Line("model", points), Line("perfect", _DIAGONAL))
    return LineChart("Reliability", "mean probability", "share of positives", lines)


def precision_recall_chart(report: EvaluationReport) -> LineChart:
    """Returns micro precision over micro recall, from the highest threshold to the lowest."""
    points = tuple((each.recall, each.precision) for each in reversed(report.operating_points))
    return LineChart("Precision and recall", "micro recall", "micro precision", (Line("model", points),))


def f1_chart(report: EvaluationReport) -> BarChart:
    """Returns the F1 of each category with positives, best first."""
    rows = sorted((row for row in report.categories if row.support), key=lambda row: row.f1, reverse=True)
    return BarChart("F1 by category", "category", "F1", tuple((row.category.identifier, row.f1) for row in rows))


def category_table(report: EvaluationReport) -> Table:
    """Returns a row of metrics per category."""
    columns = ("category", "support", "threshold", "precision", "recall", "f1", "average_precision", "roc_auc")
    rows = report.category_rows()
    return Table(columns, tuple(tuple(_cell(row[column]) for column in columns) for row in rows))


def example_table(report: EvaluationReport) -> Table:
    """Returns example papers with their true categories, and the predicted ones with their probabilities."""
    columns = ("id", "title", "abstract", "true", "predicted", "probabilities", "right")
    return Table(columns, tuple(_example_row(example, report) for example in report.examples))


def _example_row(example: Example, report: EvaluationReport) -> tuple[Cell, ...]:
    scores = example.prediction.above(report.thresholds)
    predicted = [score.category.identifier for score in scores]
    taxonomy = example.prediction.taxonomy
    true = [category.identifier for category in example.paper.categories if category in taxonomy]
    abstract = example.paper.abstract
    return (
        abstract.id,
        _shortened(abstract.title or ""),
        _shortened(abstract.text),
        " ".join(true),
        " ".join(predicted),
        " ".join(f"{score.probability:.4f}" for score in scores),
        set(true) == set(predicted),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float) else str(value)
