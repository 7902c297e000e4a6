"""`arxiv-classifier evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.runs.run_context import bound, new_run_id
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, Split
from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.bad_records import BadRecords
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
@click.option("--seed", type=int, help="Seed of that sample.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for the JSON and CSV files.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def evaluate(
    *,
    models: tuple[str, ...],
    split: str | None,
    titles: str,
    output: Path | None,
    strict: bool,
    config: Path | None,
    **flags: object,
) -> None:
    """Measure models on labelled papers.

    The command prints a table, and writes evaluation.json, models.csv and categories.csv into a folder.
    """
    use_one_blas_thread()
    settings = configured(flags, config=config)
    require_source(settings)
    references = split_names(models)
    if models and not references:
        raise click.UsageError("--models names no model. Name one or several: --models baseline minilm.")
    from application.papers.label_checks import refuse_other_labels
    from entrypoints.cli.evaluation_files import ready_folder, refuse_source_as_output, write_evaluation
    from entrypoints.container import container_of

    folder = output or settings.artifacts / "evaluation"
    refuse_source_as_output(str(settings.dataset), folder)
    container = container_of(settings)
    dataset = container.dataset()
    loaded = [container.loaded_model(reference) for reference in references or [settings.model_reference]]
    with bound(run_id=new_run_id()), ready_folder(folder):
        papers = _papers(dataset, split_to_evaluate(dataset, split, loaded), settings, strict=strict)
        for model in loaded:
            refuse_other_labels(papers, model.classifier.taxonomy, model.stored.name, dataset.name)
        reports = _reports(container, loaded, papers, TITLES[titles])
        _print(reports)
        write_evaluation(folder, dataset.name, reports)
        line = f"Written to {folder}: evaluation.json, models.csv, categories.csv"
        say(line, event="evaluation_written", folder=str(folder))


def _papers(dataset: Dataset, split: Split | None, settings: Settings, *, strict: bool) -> list[LabelledAbstract]:
    with Progress("papers read") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        papers = papers_to_evaluate(dataset, split, settings, bad_records, progress.counting)
    bad_records.summary()
    papers = weighed_papers(papers, dataset, split, settings)
    line = f"Measuring on {len(papers):,} papers of {dataset.name}, {split or 'all of it'}."
    say(line, event="evaluation_started", papers=len(papers), dataset=dataset.name, split=str(split or ALL))
    return papers


def _reports(
    container: "Container", loaded: "list[LoadedModel]", papers: list[LabelledAbstract], titles: tuple[bool, ...]
) -> "list[tuple[LoadedModel, EvaluationReport]]":
    return [
        (model, container.evaluate(model.classifier, model.stored.card.thresholds)(papers, with_titles=with_titles))
        for model in loaded
        for with_titles in titles
    ]


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
