"""`arxiv-classifier train`."""

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.runs.run_context import bound, new_run_id
from domain.errors import ArxivClassifierError
from domain.policy import Goal, parse_policies
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.composition_report import report_composition
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.next_commands import tell_next
from entrypoints.cli.reading_options import LABEL_CHOICE, READING, several
from entrypoints.cli.saved_model import print_saved, saved_json
from entrypoints.cli.tracker_option import tracker_option
from entrypoints.cli.training_progress import TrainingProgress
from entrypoints.effective_configuration import effective_config
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings, load_settings
from entrypoints.shares import shares_of
from entrypoints.standard_error import write_line
from entrypoints.tracking import tracker_names
from entrypoints.training import has_checkpoints, run_training, workspace_of

if TYPE_CHECKING:
    from application.train import TrainResult


@click.command(cls=Command)
@click.option("--model-type", "kind", metavar="KIND", help="Kind of model; default: baseline.")
@click.option(
    "--checkpoint", metavar="ID_OR_FOLDER", help="Pretrained encoder: a hub id or a folder; each kind has a default."
)
@click.option("--freeze-encoder", is_flag=True, help="Embed each paper once and train only the head.")
@click.option("--dataset", metavar="SOURCE", help="File, folder or hub id of labelled papers.")
@several(READING)
@several(LABEL_CHOICE)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How papers are split; default: time.")
@click.option("--limit-samples", type=int, help="Draw at most this many papers of each split at random.")
@click.option("--epochs", type=int, help="Maximum number of passes over the papers.")
@click.option("--batch-size", type=int, help="Papers per training step.")
@click.option(
    "--weights", metavar="FILE", help="File of shares of primary categories that weight the papers, or arxiv."
)
@click.option(
    "--policy",
    "policies",
    metavar="[NAME=]GOAL",
    multiple=True,
    help="A goal that a policy of the model keeps, such as careful=precision>=0.95; several times for several.",
)
@click.option("--seed", type=int, help="Seed of all random choices.")
@click.option("--run-name", help="Name of the run in the tracker.")
@tracker_option
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Folder of models (ARTIFACTS).")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read, and held-out papers in training.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def train(
    *,
    checkpoint: str | None,
    freeze_encoder: bool,
    epochs: int | None,
    batch_size: int | None,
    run_name: str | None,
    policies: tuple[str, ...],
    strict: bool,
    config: Path | None,
    as_json: bool,
    **flags: object,
) -> None:
    """Train a model and save it.

    Threshold and calibration are tuned on the validation split. The printed metrics are those of the test split. After
    a kill, the same command goes on after the last finished epoch, or a transformer's last checkpoint.
    """
    options = {
        "checkpoint": checkpoint,
        "freeze_encoder": freeze_encoder or None,
        "epochs": epochs,
        "batch_size": batch_size,
    }
    goals = parse_policies(policies)
    given = {name: value for name, value in options.items() if value is not None}
    settings = configured({**flags, "model": given or None}, config=config)
    require_source(settings)
    with bound(run_id=new_run_id()):
        result = _train(settings, run_name or f"{settings.kind}-{time.strftime('%Y%m%d-%H%M%S')}", goals, strict=strict)
        if as_json:
            click.echo(json.dumps(saved_json(result), indent=2))
        else:
            print_saved(result)
        _warn_of_little_use(result)
        tell_next(result.model, settings, elsewhere=load_settings())


def _train(settings: Settings, run_name: str, goals: Mapping[str, Goal], *, strict: bool) -> "TrainResult":
    from application.papers.splitting import SplitPolicy
    from application.train import TrainCommand
    from entrypoints.container import container_of

    container = container_of(settings)
    family = container.family(settings.kind)
    dataset = container.dataset()
    config = effective_config(settings, family)
    with TrainingProgress(tracked=tracker_names(settings.tracker) != ("null",)) as progress:
        progress.reading(dataset.name)
        workspace = workspace_of(settings, config, dataset.fingerprint())
        if has_checkpoints(workspace):
            say(f"Going on with the training in {workspace}.", event="training_resumed", folder=str(workspace))
        bad_records = BadRecords(write_line, strict=strict)
        command = TrainCommand(
            kind=settings.kind,
            run_name=run_name,
            seed=settings.seed,
            workspace=workspace,
            on_bad_record=bad_records,
            strict=strict,
            split=SplitPolicy(settings.split_by),
            limit_samples=settings.limit_samples,
            shares=shares_of(settings),
            config=config,
            goals=goals,
            on_step=progress.step,
            on_phase=progress.phase,
        )
        try:
            result = run_training(container, dataset, command, report_composition)
        except ArxivClassifierError:
            bad_records.repeated()
            raise
    bad_records.summary()
    return result


def _warn_of_little_use(result: "TrainResult") -> None:
    reached, constant = result.with_titles.metrics["micro_f1"], result.most_frequent
    if reached <= constant.micro_f1:
        line = (
            f"\nWARNING: {result.model.name} is no better than no model. Its micro F1 on test is {reached:.4f}; saying "
            f"{constant.category}, the most frequent category, of every paper has {constant.micro_f1:.4f}. Train on "
            "more papers or for more epochs, and see with `arxiv-classifier data stats` what the papers have."
        )
        fields: dict[str, Any] = {"micro_f1": reached, "constant_micro_f1": constant.micro_f1}
        say(line, event="training_doubtful", level=logging.WARNING, model=result.model.name, **fields)
