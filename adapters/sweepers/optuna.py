"""Sweeps with Optuna, on one machine with a journal file or on many with a database."""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from adapters.sweepers.database import shown
from adapters.sweepers.journal import has_a_line
from adapters.sweepers.optuna_trial import OptunaTrial
from adapters.sweepers.study import WAITS, SharedStudy, counts, reason_of
from adapters.sweepers.sweep_folder import FolderClaim
from adapters.sweepers.trial_storage import WORKER, requeue
from domain.errors import SweepStorageError
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import Method, SweepPlan, TrialRecord
from domain.sweep import TrialState as State


def build(plan: SweepPlan, *, storage: str | None, folder: Path, options: Mapping[str, object]) -> Sweeper:
    """Returns a sweep stored in `storage`, a journal file or a database's URL, or None for a journal in `folder`."""
    place = storage or str(folder / "journal.log")
    claim = FolderClaim(folder, plan, sweeper="optuna", storage=_named(place, folder))
    if claim.is_made() and "://" not in place and not has_a_line(Path(place)):
        # A new journal would number trials from 0 again, and mix its models with the old ones.
        how = "empty" if Path(place).exists() else "gone"
        raise SweepStorageError(
            f"The journal {place} of the sweep {plan.definition.name!r} is {how}. Put a copy of it in its place, start "
            f"another sweep with --name, or remove {folder} with its models."
        )
    sweeper = OptunaSweeper(plan, place)
    try:
        claim.make()
    except BaseException:
        sweeper.close()
        raise
    return sweeper


def _named(storage: str, folder: Path) -> str:
    """Returns the storage's name in the folder's claim, valid from any working directory and after a move."""
    if "://" in storage:
        return shown(storage)
    path = Path(storage).resolve()
    within = path.is_relative_to(folder.resolve())
    return str(path.relative_to(folder.resolve()) if within else path)


class OptunaSweeper(Sweeper):
    """A study in a storage. TPE, a grid or chance chooses, and Hyperband or the median of others prunes."""

    def __init__(
        self,
        plan: SweepPlan,
        storage: str,
        *,
        waits: Sequence[float] = WAITS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plan = plan
        self._shared = SharedStudy(plan, storage, waits=waits, sleep=sleep)
        self._left: set[int] = set()

    @property
    def count(self) -> int:
        """The number of trials to finish, at most the combinations of a grid."""
        return min(self._plan.count, self._plan.definition.grid_size or self._plan.count)

    @override
    def next_trial(self) -> Trial | None:
        return self._shared.answered("hand out a trial", self._next)

    @override
    def is_over(self) -> bool:
        def finished() -> int:
            return sum(each.state.is_finished() and counts(each) for each in self._shared.trials())

        return self._shared.answered("tell which trials are finished", finished) >= self.count

    @override
    def records(self) -> list[TrialRecord]:
        trials = self._shared.answered("tell its trials", self._shared.trials)
        return [self._record(each) for each in trials if counts(each)]

    @override
    def close(self) -> None:
        self._shared.trial_storage.close()

    def _next(self) -> Trial | None:
        with self._shared.trial_storage.alone():
            self._shared.trial_storage.reclaim(self._shared.study)
            self._return_what_is_left()
            trials = self._shared.trials()
            if sum(map(counts, trials)) >= self.count:
                return None
            self._shared.study.sampler = self._sampler(len(trials))
            trial = self._asked()
            with self._left_where_it_fails(trial):
                self._shared.trial_storage.begin(trial._trial_id)
                trial.set_user_attr(WORKER, self._shared.trial_storage.worker)
        with self._left_where_it_fails(trial):
            superfluous = self._superfluous(trial.number, trial.params)
        if superfluous:
            self._shared.trial_storage.end()
            self._shared.study.tell(trial, state=TrialState.FAIL)
            return None
        return OptunaTrial(self._shared, trial)

    @contextlib.contextmanager
    def _left_where_it_fails(self, trial: optuna.Trial) -> Iterator[None]:
        """Marks the trial for the queue if the block fails, because the storage hands out another one next time."""
        try:
            yield
        except BaseException:
            self._shared.trial_storage.end()
            self._left.add(trial.number)
            raise

    def _return_what_is_left(self) -> None:
        for each in self._shared.trials() if self._left else ():
            if each.number in self._left and not each.state.is_finished():
                requeue(self._shared.study, each, died=False)
        self._left.clear()

    def _asked(self) -> optuna.Trial:
        with warnings.catch_warnings():
            # Optuna warns that heartbeats need Study.optimize, but the trial_storage sends them itself.
            warnings.simplefilter("ignore")
            return self._shared.study.ask(self._shared.space.distributions)

    def _superfluous(self, number: int, parameters: Mapping[str, object]) -> bool:
        """Returns whether simultaneous requests gave one trial too many, or a point of a grid twice."""
        before = [each for each in self._shared.trials() if counts(each) and each.number < number]
        twice = self._plan.definition.method == Method.GRID and any(each.params == parameters for each in before)
        return twice or len(before) >= self.count

    def _sampler(self, asked: int) -> BaseSampler:
        """Returns a sampler seeded by the number of trials, so that a stopped sweep continues in the same way."""
        seed = (self._plan.seed * 1_000_003 + asked + self._shared.trial_storage.salt) % 2**32
        method = self._plan.definition.method
        if method == Method.GRID:
            return _Grid(self._shared.space.grid(), seed=seed)
        if method == Method.RANDOM:
            return RandomSampler(seed=seed)
        # With the usual ten random trials, half of a sweep of twenty would be random.
        return TPESampler(seed=seed, n_startup_trials=min(10, max(4, self.count // 4)), constant_liar=True)

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        complete = trial.state == TrialState.COMPLETE
        return TrialRecord(
            number=trial.number,
            state=_STATES[trial.state],
            parameters=self._shared.space.decoded(trial.params),
            score=trial.value if complete else None,
            epochs=dict(trial.intermediate_values),
            reason=reason_of(trial),
            started=trial.datetime_start.isoformat(timespec="seconds") if trial.datetime_start else "",
            seconds=trial.duration.total_seconds() if trial.duration else None,
        )


class _Grid(GridSampler):
    @override
    def after_trial(self, *_: Any) -> None:
        """Does nothing. The base class would call Study.stop, which is for Study.optimize."""


_STATES = {
    TrialState.RUNNING: State.RUNNING,
    TrialState.COMPLETE: State.COMPLETE,
    TrialState.PRUNED: State.PRUNED,
    TrialState.FAIL: State.FAILED,
}
