"""`arxiv-classifier sweep`."""

import logging
from pathlib import Path

import click

from entrypoints.cli.group import Command, Invocation
from entrypoints.cli.reading_options import LABEL_CHOICE, NAMES, READING, several
from entrypoints.cli.tracker_option import tracker_option


@click.command(cls=Command)
@click.option("--sweep-count", type=click.IntRange(min=1), help="How many trials finish in all; default: 20.")
@click.option("--sweep", "file", type=click.Path(path_type=Path), help="The sweep file; default: sweeps/KIND.yaml.")
@click.option("--name", help="Name of the sweep; default: as in its file.")
@click.option("--model-type", "kind", metavar="KIND", help="Kind of model; default: baseline.")
@click.option("--dataset", metavar="SOURCE", help="File, folder or hub id of labelled papers.")
@several(READING)
@several(LABEL_CHOICE)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How papers are split; default: time.")
@click.option("--limit-samples", type=int, help="Draw at most this many papers of each split at random.")
@click.option("--epochs", type=int, help="Maximum number of passes over the papers in a trial.")
@click.option(
    "--weights", metavar="FILE", help="File of shares of primary categories that weight the papers, or arxiv."
)
@click.option("--seed", type=int, help="Seed of all random choices.")
@click.option("--sweeper", default="optuna", show_default=True, metavar="NAME", help="optuna or wandb.")
@click.option("--storage", metavar="FILE_OR_URL", help="A journal file or a database; default: in the sweep's folder.")
@click.option(
    "--pruner",
    type=click.Choice(["median", "hyperband", "none"]),
    help="Rule that ends trials early; default: as in the file.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Number of trials at a time.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Stop after this many seconds.")
@tracker_option
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Folder of models and sweeps.")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read, and held-out papers in training.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings that trials start from.")
@click.option("--report-only", is_flag=True, help="Write the report of the existing trials and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of YAML.")
@click.option("--worker", is_flag=True, hidden=True, help="Run trials and tell nothing; --workers starts these.")
@click.pass_context
def sweep(context: click.Context, /, *, epochs: int | None, config: Path | None, **options: object) -> None:
    """Tune a model's options by many trainings.

    Each trial is a training with options from the ranges of the sweep file. Trials are compared on the validation
    split. The command prints the best trial's configuration as YAML for `train --config`, and writes a report with
    plots. After a kill, the same command goes on where it stopped. Two at once share the trials.
    """
    from entrypoints.cli.sweeps.running import SweepOptions, run_sweep
    from entrypoints.logs import configured
    from entrypoints.required_source import require_source

    names = (*NAMES, "kind", "dataset", "split_by", "limit_samples", "weights", "seed", "tracker", "artifacts")
    flags = {name: options.pop(name) for name in names}
    settings = configured({**flags, "model": {"epochs": epochs} if epochs else None}, config=config)
    require_source(settings)
    # Each trial's network is a new one, which TensorFlow takes for a mistake and warns of at length.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    invocation = context.find_object(Invocation) or Invocation()
    run_sweep(settings, SweepOptions(**options), invocation.command)  # type: ignore[arg-type]  # click checked them
