"""What `arxiv-classifier sweep` does, from its options to the best trial's configuration."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from application.runs.run_context import bound, new_run_id
from application.sweeps.trial_models import remove_worse
from domain.ports.sweeper import Sweeper
from domain.sweep import SweepPlan
from entrypoints.cli.composition_report import tell_make_up
from entrypoints.cli.messages import say
from entrypoints.cli.sweeps.best_trial import tell_best
from entrypoints.cli.sweeps.plan import folder_of, known_folder, planned
from entrypoints.cli.sweeps.trials import TrialTraining
from entrypoints.cli.sweeps.workers import end_with_parent, run_workers
from entrypoints.settings import Settings
from entrypoints.standard_error import write_line
from entrypoints.tracking import in_sweep, open_tracker
from entrypoints.training import papers_to_train

if TYPE_CHECKING:
    from application.sweep import SweepResult
    from entrypoints.container import Container


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """How a sweep is run, beside the settings of its trainings."""

    file: Path | None = None
    name: str | None = None
    sweep_count: int | None = None
    sweeper: str = "optuna"
    storage: str | None = None
    pruner: str | None = None
    workers: int = 1
    timeout: float | None = None
    strict: bool = False
    report_only: bool = False
    as_json: bool = False
    worker: bool = False


def run_sweep(settings: Settings, options: SweepOptions, command: tuple[str, ...]) -> None:
    """Runs or joins a sweep and tells of its best trial; a worker only runs trials."""
    from entrypoints.container import container_of

    container = container_of(settings)
    plan = planned(
        container, settings, file=options.file, name=options.name, pruner=options.pruner, count=options.sweep_count
    )
    folder = known_folder(settings, plan) if options.report_only else folder_of(settings, plan)
    with bound(run_id=new_run_id(), sweep=plan.definition.name):
        _joined(container, plan, folder, options, command)


def _joined(
    container: "Container", plan: SweepPlan, folder: Path, options: SweepOptions, command: tuple[str, ...]
) -> None:
    settings = container.settings()
    sweeper = container.sweeper(options.sweeper, plan, storage=options.storage, folder=folder)
    try:
        if options.worker:
            end_with_parent()
            _take_part(container, plan, folder, sweeper, options)
            return
        timed_out = False if options.report_only else _run(container, plan, folder, sweeper, options, command)
        tell_best(settings, plan, folder, sweeper.records(), as_json=options.as_json, timed_out=timed_out)
    finally:
        sweeper.close()


def _run(
    container: "Container",
    plan: SweepPlan,
    folder: Path,
    sweeper: Sweeper,
    options: SweepOptions,
    command: tuple[str, ...],
) -> bool:
    before = sum(record.state != "running" for record in sweeper.records())
    method, name = plan.definition.method, plan.definition.name
    gone_on = f", of which {before} are finished" if before else ""
    line = f"Sweep {name} in {folder}: {plan.count} trials chosen by {method}{gone_on}."
    say(line, event="sweep_started", sweep=name, folder=str(folder), trials=plan.count, finished=before)
    if options.workers == 1:
        timed_out = _take_part(container, plan, folder, sweeper, options).timed_out
    else:
        run_workers((*command, "--worker"), options.workers, is_over=sweeper.is_over)
        timed_out = not sweeper.is_over()
    remove_worse(folder, sweeper, plan.definition)
    if sweeper.is_over():
        shutil.rmtree(folder / "workspaces", ignore_errors=True)
    return timed_out


def _take_part(
    container: "Container", plan: SweepPlan, folder: Path, sweeper: Sweeper, options: SweepOptions
) -> "SweepResult":
    from application.sweep import Sweep, SweepCommand
    from entrypoints.cli.bad_records import BadRecords

    settings = container.settings()
    source, bad_records = container.dataset(), BadRecords(write_line, strict=options.strict)
    splits, taxonomy = papers_to_train(container, source, bad_records, strict=options.strict, on_read=tell_make_up)
    bad_records.summary()
    tracker = open_tracker(in_sweep(options.sweeper, settings))
    training = TrialTraining(
        settings, plan.definition, folder, tracker=tracker, dataset=source, splits=splits, taxonomy=taxonomy
    )
    tidy = partial(remove_worse, folder, sweeper, plan.definition)

    def ended(*how: object) -> None:
        training.end(*how)  # type: ignore[arg-type]  # handed through
        tidy()

    return Sweep(sweeper, training)(SweepCommand(plan.definition.metric, timeout=options.timeout, on_ended=ended))
