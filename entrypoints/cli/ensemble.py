"""`arxiv-classifier ensemble`."""

import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.runs.run_context import bound, new_run_id
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.next_commands import tell_next
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.saved_model import print_saved, saved_json
from entrypoints.cli.tables import print_table
from entrypoints.cli.tracker_option import tracker_option
from entrypoints.effective_configuration import reading_config
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings, load_settings
from entrypoints.shares import shares_of, weighing

if TYPE_CHECKING:
    from application.build_ensemble import BuildEnsembleResult


@click.command(cls=Command)
@click.argument("models", metavar="MODEL MODEL [MODEL...]", nargs=-1, required=True)
@click.option("--dataset", metavar="SOURCE", help="The labelled papers that the models were trained on.")
@several(READING)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How papers are split; default: time.")
@click.option("--limit-samples", type=int, help="Draw at most this many papers of each split at random.")
@click.option(
    "--weights", metavar="FILE", help="File of shares of primary categories that weight the papers, or arxiv."
)
@click.option("--seed", type=int, help="Seed of that sample.")
@click.option("--run-name", help="Name of the run in the tracker.")
@tracker_option
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Folder of models (ARTIFACTS).")
@click.option(
    "--calibrated-on-these",
    is_flag=True,
    help="The models were calibrated on these validation papers too. Weigh them by calibrations that did not see them.",
)
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read, and held-out papers in training.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def ensemble(
    *,
    models: tuple[str, ...],
    run_name: str | None,
    calibrated_on_these: bool,
    strict: bool,
    config: Path | None,
    as_json: bool,
    **flags: object,
) -> None:
    """Average stored models and save the ensemble.

    MODEL is a kind, kind/version or a path. Weights, threshold and calibration are tuned on the validation split. The
    printed metrics are those of the test split. Split the papers as the models' training did. The ensemble refers to
    its models by name, without copies.
    """
    settings = configured(flags, config=config)
    require_source(settings)
    with bound(run_id=new_run_id()):
        name = run_name or f"ensemble-{time.strftime('%Y%m%d-%H%M%S')}"
        result = _build(models, settings, name, strict=strict, seen=calibrated_on_these)
        for name in result.of_other_data:
            line = f"{name} was trained on other data. If it has seen these validation papers, its weight is too high."
            say(line, event="member_of_other_data", level=logging.WARNING, model=name)
        if as_json:
            click.echo(json.dumps({**saved_json(result), "weights": dict(result.weights)}, indent=2))
        else:
            print_table(["model", "weight"], [[name, weight] for name, weight in result.weights.items()])
            click.echo()
            print_saved(result)
        tell_next(result.model, settings, elsewhere=load_settings())


def _build(
    models: tuple[str, ...], settings: Settings, run_name: str, *, strict: bool, seen: bool
) -> "BuildEnsembleResult":
    from application.build_ensemble import BuildEnsembleCommand
    from application.papers.splitting import SplitPolicy
    from entrypoints.container import container_of

    container = container_of(settings)
    dataset = container.dataset()
    build = container.ensemble(dataset, models)
    with Progress("texts predicted") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        command = BuildEnsembleCommand(
            run_name=run_name,
            seed=settings.seed,
            on_bad_record=bad_records,
            strict=strict,
            split=SplitPolicy(settings.split_by),
            limit_samples=settings.limit_samples,
            shares=shares_of(settings),
            config=_effective(settings),
            on_predicted=progress.advance,
            calibrated_on_these=seen,
        )
        result: BuildEnsembleResult = build(command)
    bad_records.summary()
    return result


def _effective(settings: Settings) -> dict[str, object]:
    """Returns the settings that determine the ensemble beside its models, as JSON-ready values."""
    return {
        "kind": "ensemble",
        "dataset": settings.dataset,
        **reading_config(settings),
        "split_by": settings.split_by,
        "limit_samples": settings.limit_samples,
        **weighing(settings),
        "seed": settings.seed,
        "max_characters": settings.max_characters,
    }
