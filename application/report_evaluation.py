"""Use case: report how good models are, where, and how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from application.evaluate import EvaluationReport, probabilities_of
from application.evaluation.findings import Findings, Predicted, findings_of
from application.evaluation.page import page_of
from application.evaluation.population import calibrated_for
from application.open_model import LoadedModel
from domain.labelled_abstract import LabelledAbstract
from domain.ports.report_writer import ReportWriter

# Papers whose probabilities before calibration are predicted as well. A slow model takes minutes for all.
RAW_PAPERS = 4000


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model with its evaluations, which kept their probabilities: with titles, without, or both in this order.

    `memory` is by how many bytes the process grew for the model, None if it is not known.
    """

    model: LoadedModel
    reports: tuple[EvaluationReport, ...]
    memory: int | None = None


class ReportEvaluation:
    """Examines evaluated models and writes a report for people."""

    def __init__(self, writer: ReportWriter, *, on_step: Callable[[], None] = lambda: None) -> None:
        self._writer = writer
        self._on_step = on_step

    def examine(
        self,
        models: Sequence[EvaluatedModel],
        papers: Sequence[LabelledAbstract],
        *,
        source: str,
        seed: int,
        policy: str = "",
    ) -> Findings:
        """Returns the findings of models that were evaluated on these papers. The first is the reference of the others.

        `policy` names the policy at which they were evaluated, or is empty for their own thresholds.
        Raises InvalidInputError if no paper has a category that a model knows.
        """
        predicted = [_predicted(each, papers) for each in models]
        with_titles = models[0].reports[0].with_titles
        return findings_of(
            predicted,
            papers,
            source=source,
            with_titles=with_titles,
            seed=seed,
            policy=policy,
            on_step=self._on_step,
        )

    def write(self, folder: Path, findings: Findings, files: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
        """Writes the report and its pictures, and returns the file to open and the names of the pictures.

        `files` are the names of the files beside it.
        """
        report = page_of(findings, tuple(files))
        pictures = self._writer.write_pictures(folder, report)
        return self._writer.write(folder, replace(report, files=(*files, *pictures))), pictures


def _predicted(evaluated: EvaluatedModel, papers: Sequence[LabelledAbstract]) -> Predicted:
    model, report = evaluated.model, evaluated.reports[0]
    rows = np.arange(0, len(papers), -(-len(papers) // RAW_PAPERS))
    chosen = [papers[row].abstract for row in rows.tolist()]
    read = chosen if report.with_titles else [each.without_title() for each in chosen]
    kept = [each.probabilities for each in evaluated.reports if each.probabilities is not None]
    if len(kept) != len(evaluated.reports):
        raise ValueError("the evaluations of a report keep their probabilities")
    return Predicted(
        name=model.stored.name,
        taxonomy=model.classifier.taxonomy,
        thresholds=report.thresholds,
        probabilities=kept[0],
        seconds=report.seconds,
        size=sum(model.stored.files.values()),
        raw=probabilities_of(model.raw, read),
        raw_rows=rows,
        memory=evaluated.memory,
        without_titles=kept[1] if len(kept) > 1 else None,
        population=calibrated_for(model.stored.card),
        policies=model.stored.card.policies,
    )
