"""`arxiv-classifier models calibrate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.runs.run_context import bound, new_run_id
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.group import Command
from entrypoints.cli.next_commands import tell_next
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import COLUMNS
from entrypoints.cli.saved_model import saved_json
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings, load_settings

if TYPE_CHECKING:
    from application.calibrate_model import CalibrateResult


@click.command(cls=Command, short_help="Fit a model's probabilities to papers of yours.")
@click.argument("model", required=False)
@click.option("--dataset", metavar="SOURCE", help="Labelled papers of the population to calibrate for.")
@COLUMNS
@click.option("--seed", type=int, help="Seed that halves a source without splits.")
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Folder of models (ARTIFACTS).")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def calibrate(*, model: str | None, strict: bool, config: Path | None, as_json: bool, **flags: object) -> None:
    """Fit a model's calibration and thresholds to papers of yours, and save the result as a new model.

    MODEL is a shipped model, kind/version, path or registry:NAME@ALIAS. Its weights stay as they are, so this takes as
    long as predicting the papers with and without their titles. A source with splits calibrates on validation and is
    measured on test. For another source, a random half serves each purpose. The table shows the model before and
    after, on the second half.
    """
    settings = configured(flags, config=config)
    require_source(settings)
    with bound(run_id=new_run_id()):
        result = _calibrated(model or settings.model_reference, settings, strict=strict)
        if as_json:
            click.echo(json.dumps({**saved_json(result), "before": dict(result.before.metrics)}, indent=2))
        else:
            before = result.before.metrics
            rows = [[name, before[name], value] for name, value in result.with_titles.metrics.items()]
            print_table(["test metric", "before", "after"], rows)
            click.echo(f"\nSaved as {result.model.name} in {result.model.folder}")
        tell_next(result.model, settings, elsewhere=load_settings())


def _calibrated(reference: str, settings: Settings, *, strict: bool) -> "CalibrateResult":
    from application.calibrate_model import CalibrateCommand
    from entrypoints.container import container_of

    container = container_of(settings)
    dataset = container.dataset()
    loaded = container.loaded_model(reference)
    with Progress("papers") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        command = CalibrateCommand(bad_records, seed=settings.seed, config={"dataset": settings.dataset})
        result = container.calibrate_model(dataset)(loaded.stored, loaded.raw, command)
    bad_records.summary()
    return result
