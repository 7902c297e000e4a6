"""The use case ReportEvaluation, with the page that it writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.report_writers.html import HtmlReport
from application.evaluate import Evaluate
from application.evaluation import rows
from application.evaluation.findings import Findings
from application.open_model import LoadedModel
from application.report_evaluation import EvaluatedModel, ReportEvaluation
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import StoredModel
from domain.taxonomy import Taxonomy
from tests.examples import small_card
from tests.unit.application.evaluation.outcomes import taxonomy_of
from tests.unit.application.table_classifier import TableClassifier

_OUTSIDE = Category("q-bio.NC")


def _papers(count: int) -> list[LabelledAbstract]:
    """Papers of the first three categories in turn over two months; every tenth has none of them."""
    categories = taxonomy_of(3).categories
    return [
        LabelledAbstract(
            Abstract("word " * (20 + number), f"Title {number}", str(number), month=f"2026-{1 + number % 2:02}"),
            (_OUTSIDE,)
            if number % 10 == 9
            else (categories[number % 3], categories[(number + number % 2) % 3])[: 1 + number % 2],
        )
        for number in range(count)
    ]


def _evaluated(
    papers: list[LabelledAbstract],
    taxonomy: Taxonomy,
    table: NDArray[np.float32],
    version: str,
    titles: tuple[bool, ...],
) -> EvaluatedModel:
    classifier = TableClassifier(taxonomy, table)
    card = small_card("fake")
    model = LoadedModel(StoredModel(card, version, Path("nowhere"), {"weights": 2_000_000}), classifier, classifier)
    evaluate = Evaluate(classifier, card.thresholds, keep_probabilities=True)
    return EvaluatedModel(model, tuple(evaluate(papers, with_titles=each) for each in titles))


def _table(papers: list[LabelledAbstract], taxonomy: Taxonomy, skill: float) -> NDArray[np.float32]:
    truth = np.array([[category in paper.categories for category in taxonomy] for paper in papers], np.float64)
    noise = np.random.default_rng(0).random(truth.shape)
    return (skill * truth + (1 - skill) * noise).astype(np.float32)


def _findings(*, titles: tuple[bool, ...] = (True, False)) -> tuple[ReportEvaluation, Findings]:
    papers = _papers(120)
    wide, narrow = taxonomy_of(3), taxonomy_of(2)
    models = [
        _evaluated(papers, wide, _table(papers, wide, 0.5), "first", titles),
        _evaluated(papers, narrow, _table(papers, narrow, 0.1), "second", titles),
    ]
    use_case = ReportEvaluation(HtmlReport())
    return use_case, use_case.examine(models, papers, source="papers.jsonl", seed=0)


def test_papers_outside_are_reported_apart() -> None:
    """Metrics are of papers with a category of the model. The others are counted, with what the model says of them."""
    _, found = _findings()
    first = found.models[0]
    assert (len(first.measured.outcome.rows), first.outside.papers) == (108, 12)
    assert 0 <= first.outside.predicted <= 1
    assert found.papers == 120


def test_models_of_two_taxonomies_are_compared_on_shared_categories() -> None:
    """The page says on how many categories and papers both are measured, and what is left out."""
    _, found = _findings()
    pair = found.comparisons[0].comparison
    assert pair is not None
    assert (pair.categories, pair.only_reference, pair.only_candidate) == (2, 1, 0)
    assert {row.name: row.verdict for row in pair.metrics}["micro_f1"] == "worse"


def test_page_has_every_section_and_figure(tmp_path: Path) -> None:
    """The page has plots, tables and the names of the files beside it, and says what the intervals are."""
    use_case, found = _findings()
    page = use_case.write(tmp_path, found, ["report.json"])[0].read_text("utf-8")
    for said in (
        "Precision and recall",
        "Accuracy, time and memory",
        "Micro F1 by archive",
        "Micro F1 by month",
        "Micro F1 by number of true categories",
        "Micro F1 by length in words",
        "F1 by category",
        "Thresholds and their trade-off",
        "before calibration",
        "True co-occurrence",
        "Predicted co-occurrence",
        "Confusion",
        "fake/second compared with fake/first",
        "The 12 papers with none of them are left out",
        "Left out: 1 category that only fake/first knows, and 0 categories that only",
        'href="report.json"',
    ):
        assert said in page, said


def test_rows_hold_the_numbers_of_the_page() -> None:
    """The rows for files have each model, part, category and difference, and are JSON without gaps."""
    _, found = _findings()
    written = json.loads(json.dumps(rows.to_json(found), allow_nan=False))
    assert {row["titles"] for row in written["metrics"]} == {"with", "without"}
    micro = next(row for row in written["metrics"] if row["metric"] == "micro_f1")
    assert micro["low"] <= micro["value"] <= micro["high"]
    assert {row["by"] for row in written["parts"]} == {"archive", "categories", "month", "words"}
    assert len(written["categories"]) == 5
    assert {row["of"] for row in written["differences"]} == {"metric", "category F1"}
    assert written["disagreements"][0]["distance"] >= written["disagreements"][-1]["distance"] > 0


def test_report_without_titles_says_so() -> None:
    """A report on papers read without titles has one variant and names it."""
    _, found = _findings(titles=(False,))
    assert not found.with_titles
    assert found.models[0].without_titles is None
    assert {row["titles"] for row in rows.metric_rows(found)} == {"without"}


def test_no_paper_of_the_model_is_an_error() -> None:
    """A model that knows no category of any paper cannot be reported, and the error names it."""
    papers = [LabelledAbstract(Abstract("text", "title", "0"), (_OUTSIDE,))]
    model = _evaluated(papers, taxonomy_of(2), np.full((1, 2), 0.2, np.float32), "first", (True,))
    with pytest.raises(InvalidInputError, match="None of the 1 papers has a category that fake/first knows"):
        ReportEvaluation(HtmlReport()).examine([model], papers, source="papers", seed=0)


def test_one_paper_is_reported(tmp_path: Path) -> None:
    """A single paper gives a page."""
    papers = [LabelledAbstract(Abstract("text", "title", "0"), (Category("cs.LG"),))]
    model = _evaluated(papers, taxonomy_of(2), np.full((1, 2), 0.2, np.float32), "first", (True,))
    use_case = ReportEvaluation(HtmlReport())
    found = use_case.examine([model], papers, source="papers", seed=0)
    assert "Evaluation of fake/first" in use_case.write(tmp_path, found, [])[0].read_text("utf-8")
