"""The storage of trials, which also finds those whose processes have died."""

import contextlib
from abc import abstractmethod
from typing import Protocol

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

# Attributes of a trial: its process, and the reason of its failure.
WORKER = "worker"
REASON = "reason"
_ORIGIN, _DEATHS, _RETURNED, _MOST_DEATHS = "origin", "deaths", "returned", 3


class TrialStorage(Protocol):
    """A storage that can tell trials of living processes from those of dead ones."""

    storage: BaseStorage
    worker: str
    salt: int  # makes simultaneous requests choose differently; 0 if there are none

    @abstractmethod
    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Blocks other processes from handing out trials, as far as the storage can."""

    @abstractmethod
    def begin(self, trial_id: int) -> None:
        """Marks this process as alive with that trial."""

    @abstractmethod
    def end(self) -> None:
        """Marks this process as done with its trial."""

    @abstractmethod
    def reclaim(self, study: optuna.Study) -> None:
        """Puts trials whose process died back into the queue."""

    @abstractmethod
    def close(self) -> None:
        """Closes files and connections."""


def requeue(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    """Ends a running trial without counting it, and queues its parameters and reported epochs to run again.

    A trial whose process `died` is given up the third time.
    """
    with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):  # another process was faster
        if not died:
            study._storage.set_trial_user_attr(trial._trial_id, _RETURNED, True)
        if study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL):
            queue_again(study, trial, died=died)


def origin_of(trial: FrozenTrial) -> int:
    """Returns the number of the first trial with these parameters."""
    return int(trial.system_attrs.get(_ORIGIN, trial.number))


def given_up(trial: FrozenTrial) -> str:
    """Returns why a trial is not queued again (its process died too often), or an empty text."""
    deaths = trial.system_attrs.get(_DEATHS, 0) + (not trial.user_attrs.get(_RETURNED))
    return f"its process died {deaths} times, perhaps for lack of memory" if deaths >= _MOST_DEATHS else ""


def queue_again(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    """Queues an ended trial's parameters and reported epochs to run again."""
    if died and given_up(trial):
        return
    deaths = trial.system_attrs.get(_DEATHS, 0) + died
    study.add_trial(
        optuna.create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs={**trial.system_attrs, _ORIGIN: origin_of(trial), _DEATHS: deaths},
            intermediate_values=trial.intermediate_values,
        )
    )
