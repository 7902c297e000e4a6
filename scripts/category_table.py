"""Writes the figures of docs/all-categories.md: the shipped model `arxiv` on test papers, in all and by category.

    uv run --group dev python -m scripts.category_table

Beside it the shipped baseline is measured on the categories that both models know. The papers are those of
`arxiv_natural/test.parquet` in the folder that ARXIV_CLASSIFIER_DATA names, read with their titles.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from application.evaluate import probabilities_of
from application.metrics.multi_label import CategoryMetrics, category_metrics, multilabel_metrics
from application.papers.targets import targets_of
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from entrypoints.container import container_of
from entrypoints.settings import load_settings

if TYPE_CHECKING:
    from application.open_model import LoadedModel

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "all-categories.md"
DATA = Path(os.environ.get("ARXIV_CLASSIFIER_DATA", PROJECT / "../shared/data"))
METRICS = ("micro_f1", "macro_f1", "average_precision_macro", "precision_at_1")


def main() -> None:
    """Measures both models and rewrites the page's figures."""
    papers = natural_test_papers()
    page = PAGE.read_text("utf-8")
    everything, rows = measured("arxiv", papers)
    page = _replaced(page, r"over all 155 categories: .*?precision@1 [.\d]+\.", _sentence(everything))
    shared = sorted(set(_model("arxiv").classifier.taxonomy) & set(_model("baseline").classifier.taxonomy))
    for kind in ("baseline", "arxiv"):
        found, _ = measured(kind, papers, shared)
        page = _replaced(
            page, rf"\| {kind} \| \..*", f"| {kind} | {' | '.join(_short(found[name]) for name in METRICS)} |"
        )
    start = page.index("| category | papers |")
    PAGE.write_text(page[:start] + _table(rows), "utf-8")


def natural_test_papers() -> list[LabelledAbstract]:
    """The papers of the natural sample's test split."""
    settings = load_settings({"dataset": str(DATA / "arxiv_natural" / "test.parquet")})
    return list(container_of(settings).dataset().papers(None, lambda record: None))


def measured(
    kind: str, papers: list[LabelledAbstract], categories: list[Label] | None = None
) -> tuple[dict[str, float], list[CategoryMetrics]]:
    """The metrics of a shipped model on all its categories or on some, and a row for each category of the model."""
    model = _model(kind)
    taxonomy, thresholds = model.classifier.taxonomy, model.stored.card.thresholds
    probabilities = probabilities_of(model.classifier, [paper.abstract for paper in papers])
    targets, cuts = targets_of(papers, taxonomy), np.array(thresholds.in_columns(taxonomy))
    columns = [taxonomy.column(category) for category in categories or taxonomy.categories]
    metrics = multilabel_metrics(targets[:, columns], np.ascontiguousarray(probabilities[:, columns]), cuts[columns])
    return metrics, list(category_metrics(targets, probabilities, cuts, taxonomy))


def _model(kind: str) -> "LoadedModel":
    loaded: LoadedModel = container_of(load_settings({})).loaded_model(str(PROJECT / "artifacts" / kind))
    return loaded


def _short(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _sentence(found: dict[str, float]) -> str:
    micro, macro, precision, first = (_short(found[name]) for name in METRICS)
    return f"over all 155 categories: micro F1 {micro}, macro F1 {macro}, macro mAP {precision},\nprecision@1 {first}."


def _replaced(page: str, pattern: str, text: str) -> str:
    changed, count = re.subn(pattern, text, page, flags=re.DOTALL if ".*?" in pattern else 0)
    if count != 1:
        raise SystemExit(f"{PAGE.name} has {count} places like {pattern!r}.")
    return changed


def _table(rows: list[CategoryMetrics]) -> str:
    lines = ["| category | papers | precision | recall | F1 | average precision |", "|---|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: str(row.category)):
        values = (row.precision, row.recall, row.f1, row.average_precision)
        lines.append(f"| {row.category} | {row.support:,} | {' | '.join(_three(value) for value in values)} |")
    return "\n".join(lines) + "\n"


def _three(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.3f}".removeprefix("0")


if __name__ == "__main__":
    main()
