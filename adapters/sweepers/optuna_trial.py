"""Optuna's trials as trials of a sweep."""

from collections.abc import Mapping

import optuna
from optuna.trial import TrialState
from typing_extensions import override

from adapters.sweepers.study import SharedStudy
from adapters.sweepers.trial_storage import REASON, origin_of, requeue
from domain.ports.sweeper import Trial
from domain.sweep import TrialPruned, TrialTaken


class OptunaTrial(Trial):
    """A trial of Optuna that this process runs."""

    def __init__(self, shared: SharedStudy, trial: optuna.Trial) -> None:
        self._shared = shared
        self._trial = trial
        frozen = shared.trial_storage.storage.get_trial(trial._trial_id)
        self._origin = origin_of(frozen)
        self._parameters = shared.space.decoded(trial.params)
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
        value = self._shared.plan.definition.metric.of(metrics)
        try:
            self._shared.answered("record an epoch", lambda: self._trial.report(value, epoch))
        except optuna.exceptions.UpdateFinishedTrialError as error:
            raise TrialTaken from error
        if self._shared.answered("say whether to go on", self._trial.should_prune):
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
            self._shared.study.tell(self._trial, state=TrialState.FAIL, skip_if_finished=True)

        self._shared.trial_storage.end()
        self._shared.answered(f"record the failure of trial {self.number}", told)

    @override
    def give_back(self) -> None:
        study, trial_storage = self._shared.study, self._shared.trial_storage

        def queued() -> None:
            with trial_storage.alone():
                requeue(study, trial_storage.storage.get_trial(self._trial._trial_id), died=False)

        trial_storage.end()
        self._shared.answered(f"take trial {self.number} back", queued, patient=False)

    def _tell(self, what: str, state: TrialState, value: float | None = None) -> None:
        self._shared.trial_storage.end()
        study = self._shared.study
        self._shared.answered(what, lambda: study.tell(self._trial, value, state=state, skip_if_finished=True))
