"""`arxiv-classifier drift`."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.drift_papers import ReadDriftPapers
from entrypoints.cli.evaluation_files import ready_folder
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.output import whole_file
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured

if TYPE_CHECKING:
    from application.measure_drift import Drift
    from domain.ports.report_writer import ReportWriter

_JSON = "drift.json"


@click.command(cls=Command)
@click.option("--reference", metavar="SOURCE", required=True, help="Earlier papers, such as those of validation.")
@click.option("--current", metavar="SOURCE", required=True, help="Papers to compare with them.")
@click.option("--model", metavar="MODEL", help="Model whose probabilities are compared; default: the model in use.")
@click.option("--vectors", metavar="MODEL", help="Compare vectors of this model's encoder too, such as minilm.")
@several(READING)
@click.option("--limit-samples", type=int, help="Most papers of each source, drawn at random; default: 20000.")
@click.option("--least-papers", type=click.IntRange(min=2), default=200, show_default=True, help="Papers of a month.")
@click.option("--label-limit", type=click.FloatRange(min=0), default=0.1, show_default=True, help="PSI of labels.")
@click.option("--word-limit", type=click.FloatRange(min=0), default=0.02, show_default=True, help="PSI of words.")
@click.option("--ks-limit", type=click.FloatRange(0, 1), default=0.15, show_default=True, help="KS of other numbers.")
@click.option("--mmd-limit", type=click.FloatRange(min=0), default=0.1, show_default=True, help="MMD of vectors.")
@click.option("--seed", type=int, help="Seed of all random draws.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for index.html and drift.json.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def drift(
    *,
    reference: str,
    current: str,
    model: str | None,
    vectors: str | None,
    least_papers: int,
    label_limit: float,
    word_limit: float,
    ks_limit: float,
    mmd_limit: float,
    output: Path | None,
    as_json: bool,
    strict: bool,
    config: Path | None,
    **flags: object,
) -> int:
    """Compare papers with earlier ones, and alert if they differ.

    SOURCE is a source of papers with or without categories, or the folder of a prediction log of the API. The command
    compares labels, texts and a model's scores. The shares of labels are estimated without labels. Texts are compared
    once as they are, and once with reference papers that are weighted to the label shares of the current ones. This
    separates another mixture of labels from other texts.

    The exit code is 1 if a measure's 95 % interval lies above its limit, for all papers or for a month.
    """
    from application.measure_drift import Limits, MeasureDrift
    from entrypoints.container import container_of

    use_one_blas_thread()
    settings = configured(flags, config=config)
    container = container_of(settings)
    loaded = container.loaded_model(model or settings.model_reference)
    limits = Limits(label_limit, word_limit, ks_limit, mmd_limit)
    read = ReadDriftPapers(settings, loaded, vectors, strict=strict)
    measure = MeasureDrift(loaded.classifier.taxonomy, limits, least_papers=least_papers, seed=settings.seed)
    found = measure(*read(reference, current))
    if output is not None:
        with ready_folder(output):
            _write(output, found, container.report_writer())
    if as_json:
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        _print(found)
    return 1 if found.alerts else 0


def _write(folder: Path, found: "Drift", writer: "ReportWriter") -> None:
    from application.drift.page import drift_page

    with whole_file(folder / _JSON) as stream:
        stream.write((json.dumps(_as_json(found), indent=2) + "\n").encode())
    page = writer.write(folder, drift_page(found, (_JSON,)))
    say(f"Written to {folder}: {page.name}, {_JSON}", event="drift_written", folder=str(folder))


def _as_json(found: "Drift") -> dict[str, object]:
    content = dataclasses.asdict(found)
    for period, own in ((content["whole"], found.whole), *zip(content["months"], found.months, strict=True)):
        period["verdict"] = own.verdict
        for measure, its in zip(period["measures"], own.measures, strict=True):
            measure["alerts"] = its.alerts
    return {"alerts": found.alerts, "verdict": found.whole.verdict, **content}


def _print(found: "Drift") -> None:
    from application.drift.page import VERDICTS

    click.echo(
        f"{found.whole.papers:,} papers of {found.current} beside {found.reference_papers:,} of {found.reference}"
    )
    click.echo(f"changed: {found.whole.verdict}. {VERDICTS[found.whole.verdict]}\n")
    rows = [
        [
            f"{each.aspect}: {each.name}",
            each.method,
            each.distance.value,
            "" if each.alike is None else f"{each.alike.value:.4f}",
            each.limit,
            "ALERT" if each.alerts else "",
        ]
        for each in found.whole.measures
    ]
    print_table(["measure", "method", "distance", "same labels", "limit", ""], rows)
    if found.months:
        click.echo()
        print_table(["month", "papers", "changed"], [[each.name, each.papers, each.verdict] for each in found.months])
