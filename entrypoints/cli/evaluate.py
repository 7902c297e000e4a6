"""`arxiv-classifier evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.runs.run_context import bound, new_run_id
from domain.labelled_abstract import LabelledAbstract
from domain.policy import policy_named
from domain.ports.dataset import Dataset, Split
from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.allowed_loss import AllowedLoss, AllowedLossType, check_losses
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.evaluation_report import About, examine, load
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.several_values import SeveralModels, split_names
from entrypoints.cli.tables import print_table
from entrypoints.evaluation import ALL, papers_to_evaluate, split_to_evaluate, weighed_papers
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.evaluate import EvaluationReport
    from application.open_model import LoadedModel
    from domain.thresholds import Thresholds
    from entrypoints.container import Container

TITLES = {"both": (True, False), "with": (True,), "without": (False,)}


@click.command(cls=SeveralModels)
@click.option(
    "--models",
    metavar="MODEL [MODEL...]",
    multiple=True,
    help="Kinds, kind/version, paths or registry:NAME@ALIAS, separated by spaces or commas; default: the model in use.",
)
@click.option("--dataset", metavar="SOURCE", help="File, folder or hub id of labelled papers.")
@several(READING)
@click.option(
    "--split", type=click.Choice([*map(str, Split), ALL]), help="Default: test if SOURCE has splits, else all."
)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How a source without splits is split.")
@click.option("--titles", type=click.Choice(list(TITLES)), default="both", help="Read papers with titles or without.")
@click.option("--limit-samples", type=int, help="Measure on a random sample of this many papers.")
@click.option(
    "--weights", metavar="FILE", help="File of shares of primary categories that weight the papers, or arxiv."
)
@click.option("--policy", metavar="NAME", help="Measure at the thresholds of this policy of each model.")
@click.option("--seed", type=int, help="Seed of that sample.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for the JSON and CSV files.")
@click.option("--report", type=click.Path(path_type=Path), help="Folder for a report as a web page, with its tables.")
@click.option(
    "--fail-if-worse",
    "allowed",
    metavar="METRIC:MARGIN",
    type=AllowedLossType(),
    multiple=True,
    help="Exit with 1 if a model is worse than the first by more, such as micro_f1:0.005.",
)
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def evaluate(
    *,
    models: tuple[str, ...],
    split: str | None,
    titles: str,
    policy: str | None,
    output: Path | None,
    report: Path | None,
    allowed: tuple[AllowedLoss, ...],
    strict: bool,
    config: Path | None,
    **flags: object,
) -> None:
    """Measure models on labelled papers.

    The command prints a table, and writes evaluation.json, models.csv and categories.csv into a folder. --report adds
    index.html with plots, intervals and comparisons with the first model.
    """
    use_one_blas_thread()
    settings = configured(flags, config=config)
    require_source(settings)
    references = split_names(models)
    if models and not references:
        raise click.UsageError("--models names no model. Name one or several: --models baseline minilm.")
    check_losses(allowed, len(references))
    from application.papers.label_checks import refuse_other_labels
    from entrypoints.cli.evaluation_files import ready_folder, write_evaluation
    from entrypoints.container import container_of

    folder = output or report or settings.artifacts / "evaluation"
    _refuse_source(str(settings.dataset), folder, report)
    container = container_of(settings)
    dataset = container.dataset()
    examined = report is not None or bool(allowed)
    loaded = [load(container, reference, examined) for reference in references or [settings.model_reference]]
    opened = [model for model, _ in loaded]
    cuts = [_thresholds(model, policy) for model in opened]
    with bound(run_id=new_run_id()), ready_folder(folder):
        papers = _papers(dataset, split_to_evaluate(dataset, split, opened), settings, strict=strict)
        for model in opened:
            refuse_other_labels(papers, model.classifier.taxonomy, model.stored.name, dataset.name)
        reports = _reports(container, opened, cuts, papers, TITLES[titles], keep_probabilities=examined)
        _print(_paired(opened, reports))
        write_evaluation(folder, dataset.name, _paired(opened, reports), policy=policy)
        line = f"Written to {folder}: evaluation.json, models.csv, categories.csv"
        say(line, event="evaluation_written", folder=str(folder))
    if examined:
        about = About(source=dataset.name, seed=settings.seed, policy=policy or "")
        examine(container, loaded, reports, papers, about, folder=report, allowed=allowed)


def _thresholds(model: "LoadedModel", policy: str | None) -> "Thresholds":
    card = model.stored.card
    return card.thresholds if policy is None else policy_named(card.policies, policy, model.stored.name).thresholds


def _refuse_source(source: str, folder: Path, report: Path | None) -> None:
    from entrypoints.cli.evaluation_files import FILES, REPORT_FILES
    from entrypoints.cli.output_folder import refuse_loss

    refuse_loss(source, folder, FILES, "evaluation.json")
    if report is not None:
        refuse_loss(source, report, REPORT_FILES, "report.json")


def _paired(
    models: "list[LoadedModel]", reports: "list[tuple[EvaluationReport, ...]]"
) -> "list[tuple[LoadedModel, EvaluationReport]]":
    return [(model, each) for model, found in zip(models, reports, strict=True) for each in found]


def _papers(dataset: Dataset, split: Split | None, settings: Settings, *, strict: bool) -> list[LabelledAbstract]:
    with Progress("papers read") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        papers = papers_to_evaluate(dataset, split, settings, bad_records, progress.counting)
    bad_records.summary()
    papers = weighed_papers(papers, dataset, split, settings)
    line = f"Measuring on {len(papers):,} papers of {dataset.name}, {split or _extent(settings)}."
    say(line, event="evaluation_started", papers=len(papers), dataset=dataset.name, split=str(split or ALL))
    return papers


def _extent(settings: Settings) -> str:
    return "a sample of it" if settings.limit_samples is not None else "all of it"


def _reports(
    container: "Container",
    models: "list[LoadedModel]",
    thresholds: "list[Thresholds]",
    papers: list[LabelledAbstract],
    titles: tuple[bool, ...],
    *,
    keep_probabilities: bool,
) -> "list[tuple[EvaluationReport, ...]]":
    total = len(papers) * len(models) * len(titles)
    with Progress("papers predicted", total=total) as progress:
        evaluations = [
            container.evaluate(
                model.classifier,
                cuts,
                keep_probabilities=keep_probabilities,
                on_predicted=progress.advance,
            )
            for model, cuts in zip(models, thresholds, strict=True)
        ]
        return [tuple(each(papers, with_titles=with_titles) for with_titles in titles) for each in evaluations]


def _print(reports: "list[tuple[LoadedModel, EvaluationReport]]") -> None:
    columns = {
        "micro F1": "micro_f1",
        "macro F1": "macro_f1",
        "macro mAP": "average_precision_macro",
        "P@1": "precision_at_1",
        "R@5": "recall_at_5",
        "nDCG@5": "ndcg_at_5",
        "subset accuracy": "subset_accuracy",
    }
    rows = [
        [
            model.stored.name,
            "with" if report.with_titles else "without",
            *(report.metrics[name] for name in columns.values()),
            round(report.abstracts_per_second),
        ]
        for model, report in reports
    ]
    print_table(["model", "titles", *columns, "abstracts/s"], rows)
