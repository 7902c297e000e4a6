"""Sweeps with Optuna: on one machine with a journal file, on many with a database."""

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from adapters.sweepers.identities import refuse_another
from adapters.sweepers.pruners import pruner_of
from adapters.sweepers.spaces import Space
from adapters.sweepers.storages import REASON, WORKER, Workplace, given_up, open_workplace, origin_of, requeue, shown
from domain.errors import SweepStorageError
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import Goal, Method, SweepPlan, TrialPruned, TrialRecord, TrialTaken
from domain.sweep import TrialState as State

# How long a storage may be away before the sweep gives up: waits of 1, 2, 4, 8 and 16 seconds between tries.
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
_IDENTITY = "identity"

Given = TypeVar("Given")


def build(plan: SweepPlan, *, storage: str | None, folder: Path, options: Mapping[str, object]) -> Sweeper:
    """A sweep remembered in `storage`: a journal file or a database's URL; a journal in `folder` for None."""
    return OptunaSweeper(plan, storage or str(folder / "journal.log"))


class OptunaSweeper(Sweeper):
    """A study in a storage; TPE, a grid or chance choose, Hyperband or the median of others prune."""

    def __init__(
        self,
        plan: SweepPlan,
        storage: str,
        *,
        waits: Sequence[float] = _WAITS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._plan = plan
        self._space = Space(plan.definition.parameters)
        self._waits = waits
        self._sleep = sleep
        self._name = shown(storage)
        self._workplace: Workplace = self._answered("be opened", lambda: open_workplace(storage))
        try:
            self._study = self._answered("be opened", self._joined)
        except BaseException:
            self._workplace.close()
            raise

    @property
    def count(self) -> int:
        """How many trials are to finish; a grid has no more than its combinations."""
        return min(self._plan.count, self._plan.definition.grid_size or self._plan.count)

    @override
    def next_trial(self) -> Trial | None:
        return self._answered("hand out a trial", self._next)

    @override
    def is_over(self) -> bool:
        def finished() -> int:
            return sum(each.state.is_finished() and _counts(each) for each in self._trials())

        return self._answered("tell which trials are finished", finished) >= self.count

    @override
    def records(self) -> list[TrialRecord]:
        trials = self._answered("tell its trials", self._trials)
        return [self._record(each) for each in trials if _counts(each)]

    @override
    def close(self) -> None:
        self._workplace.close()

    def _joined(self) -> optuna.Study:
        definition = self._plan.definition
        maximized = definition.metric.goal == Goal.MAXIMIZE
        with self._workplace.alone():
            study = optuna.create_study(
                storage=self._workplace.storage,
                study_name=definition.name,
                direction="maximize" if maximized else "minimize",
                load_if_exists=True,
                pruner=pruner_of(definition.early_stop, self._plan.most_epochs),
            )
            if _IDENTITY not in study.user_attrs:
                study.set_user_attr(_IDENTITY, json.dumps(self._plan.identity))
                self._enqueue_start(study)
            refuse_another(
                json.loads(study.user_attrs[_IDENTITY]), self._plan.identity, name=definition.name, where=self._name
            )
        return study

    def _enqueue_start(self, study: optuna.Study) -> None:
        start = self._space.encoded(self._plan.start)
        if start and self._plan.definition.method != Method.GRID:
            study.enqueue_trial(start, skip_if_exists=True)

    def _next(self) -> Trial | None:
        with self._workplace.alone():
            self._workplace.reclaim(self._study)
            trials = self._trials()
            if sum(map(_counts, trials)) >= self.count:
                return None
            self._study.sampler = self._sampler(len(trials))
            trial = self._asked()
            trial.set_user_attr(WORKER, self._workplace.worker)
            self._workplace.begin(trial._trial_id)
        if self._superfluous(trial.number, trial.params):
            self._workplace.end()
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        return _OptunaTrial(self, trial)

    def _asked(self) -> optuna.Trial:
        with warnings.catch_warnings():
            # That heartbeats are meant for Study.optimize; the workplace sends them itself.
            warnings.simplefilter("ignore")
            return self._study.ask(self._space.distributions)

    def _superfluous(self, number: int, parameters: Mapping[str, object]) -> bool:
        """Whether machines that asked at the same moment got one trial too many, or one point of a grid twice."""
        before = [each for each in self._trials() if _counts(each) and each.number < number]
        twice = self._plan.definition.method == Method.GRID and any(each.params == parameters for each in before)
        return twice or len(before) >= self.count

    def _sampler(self, asked: int) -> BaseSampler:
        """A sampler whose seed follows from how many trials there are: a sweep goes on alike after a stop."""
        seed = (self._plan.seed * 1_000_003 + asked) % 2**32
        method = self._plan.definition.method
        if method == Method.GRID:
            return _Grid(self._space.grid(), seed=seed)
        if method == Method.RANDOM:
            return RandomSampler(seed=seed)
        # With the usual ten random trials first, half of a sweep of twenty would be chance.
        return TPESampler(seed=seed, n_startup_trials=min(10, max(4, self.count // 4)), constant_liar=True)

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        complete = trial.state == TrialState.COMPLETE
        return TrialRecord(
            number=trial.number,
            state=_STATES[trial.state],
            parameters=self._space.decoded(trial.params),
            score=trial.value if complete else None,
            epochs=dict(trial.intermediate_values),
            reason=_reason(trial),
            started=trial.datetime_start.isoformat(timespec="seconds") if trial.datetime_start else "",
            seconds=trial.duration.total_seconds() if trial.duration else None,
        )

    def _answered(self, what: str, call: Callable[[], Given], *, patient: bool = True) -> Given:
        """What the storage answers; asked again for a while where it fails."""
        for wait in (*(self._waits if patient else ()), None):
            try:
                return call()
            except _FAULTS as error:
                if wait is None:
                    raise SweepStorageError(
                        f"The sweep's storage {self._name} could not {what}: {_root(error)}. Trials that it has are "
                        "kept. When it answers again, the same command goes on."
                    ) from error
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")


class _OptunaTrial(Trial):
    def __init__(self, sweeper: OptunaSweeper, trial: optuna.Trial) -> None:
        self._sweeper = sweeper
        self._trial = trial
        frozen = sweeper._workplace.storage.get_trial(trial._trial_id)
        self._origin = origin_of(frozen)
        self._parameters = sweeper._space.decoded(trial.params)
        self._before = dict(frozen.intermediate_values)

    @property
    @override
    def number(self) -> int:
        return self._trial.number

    @property
    @override
    def origin(self) -> int:
        return self._origin

    @property
    @override
    def parameters(self) -> Mapping[str, object]:
        return self._parameters

    @property
    @override
    def epochs(self) -> Mapping[int, float]:
        return self._before

    @override
    def report(self, metrics: Mapping[str, float], *, epoch: int) -> None:
        value = self._sweeper._plan.definition.metric.of(metrics)
        try:
            self._sweeper._answered("record an epoch", lambda: self._trial.report(value, epoch))
        except optuna.exceptions.UpdateFinishedTrialError as error:
            raise TrialTaken from error
        if self._sweeper._answered("say whether to go on", self._trial.should_prune):
            raise TrialPruned

    @override
    def complete(self, score: float) -> None:
        self._tell(f"record the score {score:g} of trial {self.number}", TrialState.COMPLETE, score)

    @override
    def prune(self) -> None:
        self._tell(f"record the end of trial {self.number}", TrialState.PRUNED)

    @override
    def fail(self, reason: str) -> None:
        def told() -> None:
            self._trial.set_user_attr(REASON, reason)
            self._sweeper._study.tell(self._trial, state=TrialState.FAIL, skip_if_finished=True)

        self._sweeper._workplace.end()
        self._sweeper._answered(f"record the failure of trial {self.number}", told)

    @override
    def give_back(self) -> None:
        study, workplace = self._sweeper._study, self._sweeper._workplace

        def queued() -> None:
            with workplace.alone():
                requeue(study, workplace.storage.get_trial(self._trial._trial_id), died=False)

        workplace.end()
        self._sweeper._answered(f"take trial {self.number} back", queued, patient=False)

    def _tell(self, what: str, state: TrialState, value: float | None = None) -> None:
        self._sweeper._workplace.end()
        study = self._sweeper._study
        self._sweeper._answered(what, lambda: study.tell(self._trial, value, state=state, skip_if_finished=True))


class _Grid(GridSampler):
    @override
    def after_trial(self, *_: Any) -> None:
        """Ends nothing: Study.stop is for Study.optimize, and the sweeper knows how large its grid is."""


def _counts(trial: FrozenTrial) -> bool:
    """Whether a trial is one of the sweep: not one that waits, or whose process died and that is run again."""
    if trial.state == TrialState.FAIL:
        return bool(_reason(trial))
    return trial.state != TrialState.WAITING


def _reason(trial: FrozenTrial) -> str:
    if trial.state != TrialState.FAIL:
        return ""
    return str(trial.user_attrs.get(REASON) or given_up(trial))


def _faults() -> tuple[type[Exception], ...]:
    faults: tuple[type[Exception], ...] = (OSError, optuna.exceptions.StorageInternalError)
    try:
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        return faults
    return (*faults, SQLAlchemyError)


def _root(error: BaseException) -> str:
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is there
    return " ".join(str(error).split()).removesuffix(".")


_FAULTS = _faults()
_STATES = {
    TrialState.RUNNING: State.RUNNING,
    TrialState.COMPLETE: State.COMPLETE,
    TrialState.PRUNED: State.PRUNED,
    TrialState.FAIL: State.FAILED,
}
