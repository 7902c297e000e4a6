"""Trains each trial of a sweep as `train` does, on papers in memory."""

import gc
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from application.sweeps.plan import with_parameters
from application.sweeps.trial_models import trial_models
from domain.ports.classifier import ClassifierFamily, Epoch
from domain.ports.dataset import Dataset, Split
from domain.ports.sweeper import Trial
from domain.ports.tracker import Tracker
from domain.sweep import SweepDefinition, TrialState
from domain.taxonomy import Taxonomy
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.messages import say
from entrypoints.effective_configuration import effective_config
from entrypoints.settings import Settings
from entrypoints.standard_error import write_line

if TYPE_CHECKING:
    from application.papers.splitting import Splits
    from application.train import TrainCommand


def trial_settings(settings: Settings, parameters: Mapping[str, object]) -> Settings:
    """Returns the settings of a trial. Its parameters are options of the model, and the seed if they include it."""
    model, seed = with_parameters(settings.model, settings.seed, parameters)
    return replace(settings, model=model, seed=seed)


class TrialTraining:
    """Runs the trials of one sweep with the ordinary use case. Validation papers alone judge them."""

    def __init__(
        self,
        settings: Settings,
        definition: SweepDefinition,
        folder: Path,
        *,
        tracker: Tracker,
        dataset: Dataset,
        splits: "Splits",
        taxonomy: Taxonomy,
    ) -> None:
        self._settings = settings
        self._definition = definition
        self._folder = folder
        self._tracker = tracker
        self._dataset = dataset
        self._splits = splits
        self._taxonomy = taxonomy

    def __call__(self, trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        """Trains one trial and stores its model among the sweep's."""
        from entrypoints.container import container_of

        gc.collect()  # the network of the trial before is in cycles, and as large as the one to come
        values = "  ".join(f"{name} {_short(value)}" for name, value in trial.parameters.items())
        parameters = dict(trial.parameters)
        say(f"trial {trial.number}  {values}", event="trial_started", trial=trial.number, parameters=parameters)
        settings = replace(
            trial_settings(self._settings, trial.parameters), artifacts=trial_models(self._folder, trial.number)
        )
        container = container_of(settings)
        command = self._command(trial, settings, container.family(settings.kind), on_epoch)
        container.train(self._dataset, self._taxonomy, tracker=self._tracker)(command)

    def end(self, trial: Trial, state: TrialState | None, how: str) -> None:
        """Reports how a trial ended, and removes its checkpoints unless it will go on."""
        line = f"trial {trial.number}  {how}"
        say(line, event="trial_finished", trial=trial.number, state=None if state is None else str(state))
        if state is not None:
            shutil.rmtree(self._workspace(trial), ignore_errors=True)

    def _command(
        self, trial: Trial, settings: Settings, family: ClassifierFamily, on_epoch: Callable[[Epoch], None]
    ) -> "TrainCommand":
        from application.train import TrainCommand

        workspace = self._workspace(trial)
        workspace.mkdir(parents=True, exist_ok=True)
        sweep = {"name": self._definition.name, "trial": trial.number, "parameters": dict(trial.parameters)}
        return TrainCommand(
            kind=settings.kind,
            run_name=f"{self._definition.name}-trial-{trial.number:04}",
            seed=settings.seed,
            workspace=workspace,
            on_bad_record=BadRecords(write_line, strict=False),  # bad records were told when the papers were read
            splits=self._splits,
            config={**effective_config(settings, family), "sweep": sweep},
            on_epoch=on_epoch,
            judged_on=Split.VALIDATION,
        )

    def _workspace(self, trial: Trial) -> Path:
        return self._folder / "workspaces" / f"trial-{trial.origin:04}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
