"""Takes part in a sweep: `python -m tests.sweep_worker STORAGE COUNT SECONDS_PER_EPOCH LOG [HEARTBEAT GRACE]`.

The last two are seconds, for a database. Each epoch that is trained is a line of LOG: process, trial, origin and epoch.
As long as there is a file LOG.wait, a process that is ready makes a file LOG.ready-PID and does not begin.
An interrupted trial goes on after the epochs that were reported of it.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from adapters.sweepers import database
from adapters.sweepers.optuna import OptunaSweeper
from application.sweep import Sweep, SweepCommand
from domain.ports.classifier import Epoch
from domain.ports.sweeper import Trial
from tests.sweeps import small_plan

EPOCHS = 3


def main(storage: str, count: str, seconds: str, log: str, *beats: str) -> None:
    """Runs trials until the sweep is over."""
    if beats:
        database.HEARTBEAT_SECONDS, database.GRACE_SECONDS = map(int, beats)

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        for epoch in range(len(trial.epochs) + 1, EPOCHS + 1):
            time.sleep(float(seconds))
            with open(log, "a", encoding="utf-8") as file:
                file.write(f"{os.getpid()} {trial.number} {trial.origin} {epoch}\n")
            on_epoch(Epoch(epoch, {"validation_score": epoch / 10}))

    plan = small_plan(int(count))
    sweeper = OptunaSweeper(plan, storage)
    while Path(f"{log}.wait").exists():
        Path(f"{log}.ready-{os.getpid()}").touch()
        time.sleep(0.02)
    Sweep(sweeper, train)(SweepCommand(plan.definition.metric))
    sweeper.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
