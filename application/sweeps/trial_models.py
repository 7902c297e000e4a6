"""The models of a sweep's trials, in the sweep's folder."""

import shutil
from pathlib import Path

from domain.ports.sweeper import Sweeper
from domain.sweep import SweepDefinition, TrialRecord, TrialState, best_of


def trial_models(folder: Path, number: int) -> Path:
    """Returns the folder of a trial's model in a sweep's folder."""
    return folder / "models" / f"trial-{number:04}"


def model_of(folder: Path, record: TrialRecord) -> Path | None:
    """Returns the folder of a trial's model, None if it is on another machine."""
    return next(trial_models(folder, record.number).glob("*/*/"), None)


def remove_worse(folder: Path, sweeper: Sweeper, definition: SweepDefinition) -> None:
    """Removes the models of all trials but the best one and those that run, and none of a trial yet to come."""
    # Listed first: a trial whose folder is there is one that the sweeper knows of.
    found = [path for path in (folder / "models").glob("trial-*") if path.name.removeprefix("trial-").isdigit()]
    records = sweeper.records()
    best = best_of(records, definition.metric)
    kept = {each.number for each in records if each.state == TrialState.RUNNING or each == best}
    newest = max((each.number for each in records), default=-1)
    for path in found:
        number = int(path.name.removeprefix("trial-"))
        if number <= newest and number not in kept:
            shutil.rmtree(path, ignore_errors=True)
