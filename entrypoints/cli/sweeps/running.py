"""Runs `arxiv-classifier sweep`, from its options to the best trial's configuration."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from application.runs.run_context import bound, new_run_id
from application.sweeps.trial_models import remove_worse
from domain.ports.dataset import Dataset
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import SweepPlan, TrialState
from entrypoints.cli.composition_report import report_composition
from entrypoints.cli.messages import say
from entrypoints.cli.sweeps.best_trial import report_best
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
    """The options of a sweep beside the settings of its trainings."""

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
    """Runs or joins a sweep, and then writes what it found. A worker only runs trials."""
    from entrypoints.container import container_of

    container = container_of(settings)
    dataset = container.dataset()
    plan = planned(
        container,
        settings,
        dataset,
        file=options.file,
        name=options.name,
        pruner=options.pruner,
        count=options.sweep_count,
    )
    folder = known_folder(settings, plan) if options.report_only else folder_of(settings, plan)
    with bound(run_id=new_run_id(), sweep=plan.definition.name):
        _join(_Joined(container, dataset, plan, folder, options), command)


@dataclass(frozen=True, slots=True)
class _Joined:
    """A sweep that this process takes part in. `dataset` is the source of the papers, hashed once for all trials."""

    container: "Container"
    dataset: Dataset
    plan: SweepPlan
    folder: Path
    options: SweepOptions


def _join(joined: _Joined, command: tuple[str, ...]) -> None:
    plan, folder, options = joined.plan, joined.folder, joined.options
    sweeper = joined.container.sweeper(options.sweeper, plan, storage=options.storage, folder=folder)
    try:
        if options.worker:
            end_with_parent()
            _take_part(joined, sweeper)
            return
        timed_out = False if options.report_only else _run(joined, sweeper, command)
        settings = joined.container.settings()
        report_best(settings, plan, folder, sweeper.records(), as_json=options.as_json, timed_out=timed_out)
    finally:
        sweeper.close()


def _run(joined: _Joined, sweeper: Sweeper, command: tuple[str, ...]) -> bool:
    """Runs the trials that are left, and returns whether the time was up before all were done."""
    plan, folder = joined.plan, joined.folder
    before = sum(record.state != "running" for record in sweeper.records())
    method, name = plan.definition.method, plan.definition.name
    gone_on = f", of which {before} are finished" if before else ""
    line = f"Sweep {name} in {folder}: {plan.count} trials chosen by {method}{gone_on}."
    say(line, event="sweep_started", sweep=name, folder=str(folder), trials=plan.count, finished=before)
    if joined.options.workers == 1:
        timed_out = _take_part(joined, sweeper).timed_out
    else:
        run_workers((*command, "--worker"), joined.options.workers, is_over=sweeper.is_over)
        timed_out = not sweeper.is_over()
    remove_worse(folder, sweeper, plan.definition)
    if sweeper.is_over():
        shutil.rmtree(folder / "workspaces", ignore_errors=True)
    return timed_out


def _take_part(joined: _Joined, sweeper: Sweeper) -> "SweepResult":
    from application.sweep import Sweep, SweepCommand
    from entrypoints.cli.bad_records import BadRecords

    container, dataset, options = joined.container, joined.dataset, joined.options
    settings, definition = container.settings(), joined.plan.definition
    bad_records = BadRecords(write_line, strict=options.strict)
    splits, taxonomy = papers_to_train(
        container, dataset, bad_records, strict=options.strict, on_read=report_composition
    )
    bad_records.summary()
    tracker = open_tracker(in_sweep(options.sweeper, settings))
    training = TrialTraining(
        settings, definition, joined.folder, tracker=tracker, dataset=dataset, splits=splits, taxonomy=taxonomy
    )

    def ended(trial: Trial, state: TrialState | None, how: str) -> None:
        training.end(trial, state, how)
        remove_worse(joined.folder, sweeper, definition)

    return Sweep(sweeper, training)(SweepCommand(definition.metric, timeout=options.timeout, on_ended=ended))
