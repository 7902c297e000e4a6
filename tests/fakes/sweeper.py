"""A sweeper that remembers in memory and hands out what it was made with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import Metric, SweepPlan, TrialPruned, TrialRecord, TrialState


class FakeSweeper(Sweeper):
    """Counts its parameters up from 0 where `parameters` are not given; prunes trial N at epoch `prune[N]`."""

    def __init__(
        self,
        plan: SweepPlan,
        parameters: Sequence[Mapping[str, object]] = (),
        *,
        prune: Mapping[int, int] | None = None,
        busy: int = 0,
    ) -> None:
        self.plan = plan
        self.kept: dict[int, TrialRecord] = {}
        self.returned: list[TrialRecord] = []
        self.asked = 0
        self._parameters = parameters
        self._prune = prune or {}
        self._busy = busy
        self._handed_out = 0

    @override
    def next_trial(self) -> Trial | None:
        self.asked += 1
        if self._busy:
            self._busy -= 1
            return None
        if len(self.kept) >= self.plan.count:
            return None
        number = self._handed_out
        self._handed_out += 1
        if self.returned:
            before = self.returned.pop(0)
            return self._started(number, before.parameters, before.epochs, origin=before.number)
        return self._started(number, self._chosen(number), {}, origin=number)

    @override
    def is_over(self) -> bool:
        return (
            sum(each.state != TrialState.RUNNING for each in self.kept.values()) >= self.plan.count and not self._busy
        )

    @override
    def records(self) -> list[TrialRecord]:
        return [self.kept[number] for number in sorted(self.kept)]

    @override
    def close(self) -> None:
        """Nothing is open."""

    def prunes(self, number: int, epoch: int) -> bool:
        """Whether that trial is to end at that epoch."""
        return self._prune.get(number) == epoch

    def _chosen(self, number: int) -> Mapping[str, object]:
        names = self.plan.definition.parameters
        return self._parameters[number % len(self._parameters)] if self._parameters else dict.fromkeys(names, number)

    def _started(
        self, number: int, parameters: Mapping[str, object], epochs: Mapping[int, float], *, origin: int
    ) -> Trial:
        self.kept[number] = TrialRecord(number, TrialState.RUNNING, parameters, epochs=dict(epochs))
        return FakeTrial(self, number, origin, self.plan.definition.metric)


class FakeTrial(Trial):
    """One of a FakeSweeper's."""

    def __init__(self, sweeper: FakeSweeper, number: int, origin: int, metric: Metric) -> None:
        self._sweeper = sweeper
        self._number = number
        self._origin = origin
        self._metric = metric
        self._before = dict(sweeper.kept[number].epochs)
        self._parameters = sweeper.kept[number].parameters

    @property
    @override
    def number(self) -> int:
        return self._number

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
        record = self._sweeper.kept[self._number]
        self._sweeper.kept[self._number] = replace(record, epochs={**record.epochs, epoch: self._metric.of(metrics)})
        if self._sweeper.prunes(self._number, epoch):
            raise TrialPruned

    @override
    def complete(self, score: float) -> None:
        self._end(TrialState.COMPLETE, score=score)

    @override
    def prune(self) -> None:
        self._end(TrialState.PRUNED)

    @override
    def fail(self, reason: str) -> None:
        self._end(TrialState.FAILED, reason=reason)

    @override
    def give_back(self) -> None:
        self._sweeper.returned.append(self._sweeper.kept.pop(self._number))

    def _end(self, state: TrialState, *, score: float | None = None, reason: str = "") -> None:
        record = self._sweeper.kept[self._number]
        self._sweeper.kept[self._number] = replace(record, state=state, score=score, reason=reason)
