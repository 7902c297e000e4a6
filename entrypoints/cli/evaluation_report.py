"""The report of `arxiv-classifier evaluate`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from domain.labelled_abstract import LabelledAbstract
from entrypoints.cli.allowed_loss import AllowedLoss, refuse_losses
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.installing import how_to_install
from entrypoints.resident_memory import resident_bytes

if TYPE_CHECKING:
    from application.evaluate import EvaluationReport
    from application.evaluation.findings import Findings
    from application.open_model import LoadedModel
    from application.report_evaluation import ReportEvaluation
    from entrypoints.container import Container

Loaded = tuple["LoadedModel", int | None]


class About(TypedDict):
    """The source of the papers, the seed, and the policy whose thresholds hold, or nothing."""

    source: str
    seed: int
    policy: str


def load(container: "Container", reference: str, measured: bool) -> Loaded:
    """Returns a model, and if `measured` the bytes by which the process grew to load it and to predict with it."""
    from domain.abstract import Abstract

    before = resident_bytes()
    model = container.loaded_model(reference)
    if not measured:
        return model, None
    model.classifier.predict([Abstract("We study a problem.")])
    after = resident_bytes()
    return model, None if before is None or after is None else max(after - before, 0)


def examine(
    container: "Container",
    loaded: Sequence[Loaded],
    reports: "Sequence[tuple[EvaluationReport, ...]]",
    papers: Sequence[LabelledAbstract],
    about: About,
    *,
    folder: Path | None,
    allowed: Sequence[AllowedLoss],
) -> None:
    """Writes the report into the folder, and fails if a model is worse than the first one by more than is allowed."""
    from application.report_evaluation import EvaluatedModel

    models = [EvaluatedModel(model, found, memory) for (model, memory), found in zip(loaded, reports, strict=True)]
    steps = 2 * len(models) - 1
    with Progress(f"of {steps} steps of the report", total=steps) as progress:
        use_case = container.report_evaluation(on_step=lambda: progress.advance(1))
        findings = use_case.examine(models, papers, **about)
    if folder is not None:
        _write(use_case, findings, folder)
    refuse_losses(findings.comparisons, allowed)


def _write(use_case: "ReportEvaluation", findings: "Findings", folder: Path) -> None:
    from entrypoints.cli.evaluation_files import FILES, ready_folder, write_findings

    with ready_folder(folder):
        names = write_findings(folder, findings)
        beside = [name for name in FILES if (folder / name).exists()]
        page, pictures = use_case.write(folder, findings, [*names, *beside])
    say(f"The report is {page}", event="evaluation_reported", path=str(page))
    if not pictures:
        line = f"There are no PNG files, because matplotlib is not installed. {how_to_install('report')}"
        say(line, event="pictures_left_out", folder=str(folder))
