"""Where trials are remembered, and which of them belong to processes that are no more."""

import contextlib
from abc import abstractmethod
from typing import Protocol

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

# What a trial's attributes say: which process has it, why it failed.
WORKER = "worker"
REASON = "reason"
_ORIGIN, _DEATHS, _RETURNED, _MOST_DEATHS = "origin", "deaths", "returned", 3


class Workplace(Protocol):
    """A storage, and the means to tell trials of living processes from those of dead ones."""

    storage: BaseStorage
    worker: str
    salt: int  # what keeps processes that ask at the same moment from choosing the same; 0 where none can

    @abstractmethod
    def alone(self) -> contextlib.AbstractContextManager[None]:
        """While it lasts, no other process hands out trials; as far as the storage can promise that."""

    @abstractmethod
    def begin(self, trial_id: int) -> None:
        """From now on this process is alive with that trial."""

    @abstractmethod
    def end(self) -> None:
        """This process has ended its trial."""

    @abstractmethod
    def reclaim(self, study: optuna.Study) -> None:
        """Puts trials whose process died back into the queue."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of files and connections."""


def requeue(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    """Ends a running trial without counting it, and queues its parameters, with what it reported, to run again.

    One whose process `died` is given up the third time.
    """
    with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):  # another process was quicker
        if not died:
            study._storage.set_trial_user_attr(trial._trial_id, _RETURNED, True)
        if study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL):
            queue_again(study, trial, died=died)


def origin_of(trial: FrozenTrial) -> int:
    """The number of the first trial with these parameters, where that was not ended."""
    return int(trial.system_attrs.get(_ORIGIN, trial.number))


def given_up(trial: FrozenTrial) -> str:
    """Why a trial is not queued again: its process died too often; empty where it did not."""
    deaths = trial.system_attrs.get(_DEATHS, 0) + (not trial.user_attrs.get(_RETURNED))
    return f"its process died {deaths} times, perhaps for lack of memory" if deaths >= _MOST_DEATHS else ""


def queue_again(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    """Queues an ended trial's parameters, with what it reported, to run again."""
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
