"""A sweep's study in Optuna, in a storage that may be unavailable for a while."""

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import optuna
from optuna.trial import FrozenTrial, TrialState

from adapters.sweepers.database import DatabaseTrialStorage, is_final, shown
from adapters.sweepers.identities import refuse_another
from adapters.sweepers.journal import JournalTrialStorage
from adapters.sweepers.pruners import pruner_of
from adapters.sweepers.spaces import Space
from adapters.sweepers.trial_storage import REASON, TrialStorage, given_up
from domain.errors import ConfigurationError, MissingPackageError, SweepStorageError
from domain.log_events import log_event
from domain.sweep import Goal, Method, SweepPlan

# The waits in seconds between attempts, after which the sweep gives up on its storage.
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
_IDENTITY = "identity"

Given = TypeVar("Given")

_logger = logging.getLogger(__name__)


class SharedStudy:
    """The study of a plan, joined if it exists. Raises ConfigurationError if it belongs to another sweep."""

    def __init__(
        self,
        plan: SweepPlan,
        storage: str,
        *,
        waits: Sequence[float] = WAITS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.plan = plan
        self.space = Space(plan.definition.parameters)
        self._waits = waits
        self._sleep = sleep
        self._name = shown(storage)
        self.trial_storage: TrialStorage = self.answered("be opened", lambda: _open_trial_storage(storage))
        try:
            self.study = self.answered("be opened", self._joined)
        except BaseException:
            self.trial_storage.close()
            raise

    def trials(self) -> list[FrozenTrial]:
        """Returns all of Optuna's trials, including those that do not count."""
        return self.study.get_trials(deepcopy=False)

    def answered(self, what: str, call: Callable[[], Given], *, patient: bool = True) -> Given:
        """Returns the result of a call to the storage, with retries for a while if it fails."""
        waits = self._waits if patient else ()
        handled = sys.exception()  # an error being handled is not the cause of a storage fault
        for number, wait in enumerate((*waits, None)):
            try:
                return call()
            except _FAULTS as error:
                root = _root(error, handled)
                fault = f"The sweep's storage {self._name} could not {what}: {_sentence(root)}."
                if is_final(root):
                    raise SweepStorageError(f"{fault} Check --storage.") from error
                if wait is None:
                    raise SweepStorageError(f"{fault} {self._remedy()}") from error
                if number == 0:
                    log_event(
                        _logger,
                        "storage_awaited",
                        f"{fault} It will be retried for {sum(waits):g} seconds.",
                        level=logging.WARNING,
                        storage=self._name,
                        seconds=sum(waits),
                    )
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _remedy(self) -> str:
        if hasattr(self, "study"):
            return "Its trials are kept. When it responds again, repeat the command to continue."
        return "Start it, or name another with --storage."

    def _joined(self) -> optuna.Study:
        definition = self.plan.definition
        maximized = definition.metric.goal == Goal.MAXIMIZE
        with self.trial_storage.alone():
            study = optuna.create_study(
                storage=self.trial_storage.storage,
                study_name=definition.name,
                direction="maximize" if maximized else "minimize",
                load_if_exists=True,
                pruner=pruner_of(definition.early_stop, self.plan.most_epochs),
            )
            if _IDENTITY not in study.user_attrs:
                study.set_user_attr(_IDENTITY, json.dumps(self.plan.identity))
                self._enqueue_start(study)
            refuse_another(
                json.loads(study.user_attrs[_IDENTITY]), self.plan.identity, name=definition.name, where=self._name
            )
        return study

    def _enqueue_start(self, study: optuna.Study) -> None:
        if self.plan.definition.method == Method.GRID:
            return
        start = self.space.encoded(self.plan.start)
        outside = {name: value for name, value in self.plan.start.items() if name not in start}
        if outside:
            said = ", ".join(f"{name} {value}" for name, value in outside.items())
            line = f"The first trial differs from the configuration, because the sweep does not cover {said}."
            log_event(_logger, "start_not_swept", line, level=logging.WARNING, parameters=outside)
        if start:
            study.enqueue_trial(start, skip_if_exists=True)


def counts(trial: FrozenTrial) -> bool:
    """Returns whether a trial counts. Waiting trials and those that run again after their process died do not."""
    if trial.state == TrialState.FAIL:
        return bool(reason_of(trial))
    return trial.state != TrialState.WAITING


def reason_of(trial: FrozenTrial) -> str:
    """Returns why a trial failed, or an empty text if it did not fail or runs again."""
    if trial.state != TrialState.FAIL:
        return ""
    return str(trial.user_attrs.get(REASON) or given_up(trial))


def _open_trial_storage(storage: str) -> TrialStorage:
    if "://" not in storage:
        return JournalTrialStorage(Path(storage))
    from sqlalchemy.exc import NoSuchModuleError

    try:
        return DatabaseTrialStorage(storage)
    except (ImportError, NoSuchModuleError) as error:
        told = f"The storage {shown(storage)} needs a driver that is not installed: {error.__cause__ or error}."
        if storage.startswith("postgresql+psycopg:"):
            raise MissingPackageError(told, extra="postgresql") from error
        raise ConfigurationError(f"{told} For PostgreSQL, write postgresql+psycopg://.") from error


def _faults() -> tuple[type[Exception], ...]:
    faults: tuple[type[Exception], ...] = (OSError, optuna.exceptions.StorageInternalError)
    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        return faults
    return (*faults, SQLAlchemyError)


def _root(error: BaseException, handled: BaseException | None) -> BaseException:
    """Returns the first cause of an error, but not an error that was `handled` before it."""
    while (reason := error.__cause__ or error.__context__) is not None and reason is not handled:
        error = reason
    return error


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()).removesuffix(".")


_FAULTS = _faults()
