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
@click.option("--name", help="What the sweep is called; default: as its file says.")
@click.option("--model-type", "kind", metavar="KIND", help="Which kind of model; default: baseline.")
@click.option("--dataset", metavar="SOURCE", help="File, folder or hub id of labelled papers.")
@several(READING)
@several(LABEL_CHOICE)
@click.option("--split-by", type=click.Choice(["time", "hash", "source"]), help="How papers are split; default: time.")
@click.option("--limit-samples", type=int, help="Draw at most so many papers of each split at random.")
@click.option("--epochs", type=int, help="At most so many passes over the papers in a trial.")
@click.option("--weights", metavar="FILE", help="Shares of primary categories to weigh papers by, or arxiv.")
@click.option("--seed", type=int, help="Seed of everything random.")
@click.option("--sweeper", default="optuna", show_default=True, metavar="NAME", help="optuna or wandb.")
@click.option("--storage", metavar="FILE_OR_URL", help="A journal file or a database; default: in the sweep's folder.")
@click.option(
    "--pruner",
    type=click.Choice(["median", "hyperband", "none"]),
    help="How trials end early; default: as the file says.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="So many trials at a time.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Stop after so many seconds.")
@tracker_option
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Where models and sweeps are kept.")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read, and held-out papers in training.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings that trials start from.")
@click.option("--report-only", is_flag=True, help="Run nothing; write the report of the trials there are.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not YAML.")
@click.option("--worker", is_flag=True, hidden=True, help="Run trials and tell nothing; --workers starts these.")
@click.pass_context
def sweep(context: click.Context, /, *, epochs: int | None, config: Path | None, **options: object) -> None:
    """Find better options by many trainings.

    Trials train with options that the sweep file gives ranges for, and are compared on the validation split. Prints the
    best trial's configuration as YAML that `train --config` takes, and writes a report with plots. The same command
    after a kill goes on where it stopped; started twice, both work on the same trials.
    """
    from entrypoints.cli.required_source import require_source
    from entrypoints.cli.sweeps.running import SweepOptions, run_sweep
    from entrypoints.logs import configured

    names = (*NAMES, "kind", "dataset", "split_by", "limit_samples", "weights", "seed", "tracker", "artifacts")
    flags = {name: options.pop(name) for name in names}
    settings = configured({**flags, "model": {"epochs": epochs} if epochs else None}, config=config)
    require_source(settings)
    # Each trial's network is a new one, which TensorFlow takes for a mistake and warns of at length.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    invocation = context.find_object(Invocation) or Invocation()
    run_sweep(settings, SweepOptions(**options), invocation.command)  # type: ignore[arg-type]  # click checked them
