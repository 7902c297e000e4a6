"""The final reports on a model, and the description of its data."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.evaluate import Evaluate, EvaluationReport
from application.papers.splitting import Splits
from application.runs.charts import category_table, example_table, f1_chart, precision_recall_chart, reliability_chart
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.model_bundle import StoredModel
from domain.paper_columns import months_of
from domain.ports.classifier import Classifier
from domain.ports.dataset import Dataset, Split
from domain.ports.tracker import Run
from domain.thresholds import Thresholds

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinalReports:
    """The reports on the papers of one split, with and without titles."""

    with_titles: EvaluationReport
    without_titles: EvaluationReport
    split: Split = Split.TEST

    @property
    def metrics(self) -> dict[str, Mapping[str, float]]:
        """The metrics of both reports, named as in a bundle's manifest."""
        return {
            str(self.split): self.with_titles.metrics,
            f"{self.split}_without_titles": self.without_titles.metrics,
        }

    def log(self, run: Run, model: StoredModel) -> None:
        """Logs metrics, charts, tables and stored model to the run."""
        for split, values in self.metrics.items():
            run.log({f"{split}/{name}": value for name, value in values.items()})
        split = next(iter(self.metrics))
        run.log_chart(f"{split}/reliability", reliability_chart(self.with_titles))
        run.log_chart(f"{split}/precision_recall", precision_recall_chart(self.with_titles))
        run.log_chart(f"{split}/f1_by_category", f1_chart(self.with_titles))
        run.log_table(f"{split}/categories", category_table(self.with_titles))
        run.log_table(f"{split}/examples", example_table(self.with_titles))
        run.log_model(model.folder, name=model.card.kind, aliases=(model.version,))
        log_event(
            _logger,
            "model_saved",
            f"Saved as {model.name} in {model.folder}.",
            model=model.name,
            folder=str(model.folder),
            metrics=self.metrics,
        )


def final_reports(
    classifier: Classifier, thresholds: Thresholds, papers: Sequence[LabelledAbstract], split: Split = Split.TEST
) -> FinalReports:
    """Returns the reports on a calibrated classifier for the papers of one split."""
    judge = Evaluate(classifier, thresholds)
    return FinalReports(judge(papers, with_titles=True), judge(papers, with_titles=False), split)


def described_data(dataset: Dataset, splits: Splits) -> dict[str, object]:
    """Returns the source with its fingerprint, and the number and months of papers in each split."""
    return {
        "source": dataset.name,
        "fingerprint": dataset.fingerprint(),
        "train": described_papers(splits.train),
        "validation": described_papers(splits.validation),
        "test": described_papers(splits.test),
    }


def described_papers(papers: Sequence[LabelledAbstract]) -> dict[str, object]:
    """Returns the number of papers, and their first and last month."""
    months = {month for month in months_of(papers) if month}
    first, last = min(months, default=None), max(months, default=None)
    return {"papers": len(papers), "first_month": first, "last_month": last}
