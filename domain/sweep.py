"""A sweep: what is tried, by which method, judged by what, and what became of each trial."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import ConfigurationError

DEFAULT_METRIC = "validation_score"


class Method(StrEnum):
    """How the next trial's parameters are chosen."""

    BAYES = "bayes"
    GRID = "grid"
    RANDOM = "random"


class Goal(StrEnum):
    """Which way a metric is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Metric:
    """What trials are compared by: a metric that every epoch reports, measured on validation papers."""

    name: str = DEFAULT_METRIC
    goal: Goal = Goal.MAXIMIZE

    def of(self, metrics: Mapping[str, float]) -> float:
        """Its value among an epoch's metrics; ConfigurationError where it is not among them."""
        if self.name not in metrics:
            raise ConfigurationError(
                f"The sweep's metric is {self.name!r}, which epochs do not report. They report {', '.join(metrics)}."
            )
        return float(metrics[self.name])

    def better(self, left: float, right: float) -> bool:
        """Whether `left` is better than `right`."""
        return left > right if self.goal == Goal.MAXIMIZE else left < right


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, JSON's own types; a single one is a constant."""

    values: tuple[object, ...]

    def holds(self, value: object) -> bool:
        """Whether it is one of them."""
        return _canonical(value) in map(_canonical, self.values)

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values that are to be valid for all to be."""
        return self.values


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, likelier to be small where `logarithmic`, rounded to multiples of `quantum`."""

    low: float
    high: float
    logarithmic: bool = False
    quantum: float | None = None
    whole: bool = False

    def fitted(self, number: float) -> float:
        """The nearest number that it can give."""
        step = self.quantum or (1 if self.whole else None)
        rounded = round(number / step) * step if step else number
        if step and rounded > self.high:
            rounded = math.floor(self.high / step) * step
        if step and rounded < self.low:
            rounded = math.ceil(self.low / step) * step
        if self.whole:
            return round(rounded)
        # Six digits are all that a training can tell apart, and a person reads them in the best trial's configuration.
        return min(max(float(f"{rounded:.6g}"), self.low), self.high)

    def holds(self, value: object) -> bool:
        """Whether it can give that value."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high and math.isclose(self.fitted(value), value, rel_tol=1e-5)  # type: ignore[operator, arg-type]  # a number, as was asked

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values that are to be valid for all to be."""
        return (self.fitted(self.low), self.fitted(self.high))


@dataclass(frozen=True, slots=True)
class Normal:
    """A number from a normal distribution."""

    mean: float
    deviation: float

    def holds(self, value: object) -> bool:
        """Whether it lies within three deviations."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and abs(value - self.mean) < 3 * self.deviation  # type: ignore[operator]  # a number, as was asked

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values that are to be valid for nearly all to be."""
        return (self.mean - 3 * self.deviation, self.mean + 3 * self.deviation)


Parameter = Choice | Range | Normal


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Ends trials that are not among the best `1/eta` at their first, second, fourth ... comparison.

    Comparisons begin at epoch `min_iter`; or there are `s` of them up to `max_iter`.
    """

    min_iter: int | None = None
    max_iter: int | None = None
    eta: float = 3
    s: int | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class MedianStop:
    """Ends trials that are worse than the median of earlier ones at the same epoch."""


EarlyStop = Hyperband | MedianStop


@dataclass(frozen=True, slots=True)
class SweepDefinition:
    """What is swept and how; `document` is the same in Weights & Biases' own form."""

    name: str
    method: Method
    metric: Metric
    parameters: Mapping[str, Parameter]
    early_stop: EarlyStop | None = None
    run_cap: int | None = None
    description: str = ""
    document: Mapping[str, object] = field(default_factory=dict)

    @property
    def grid_size(self) -> int | None:
        """How many combinations a grid has; None for the other methods."""
        if self.method != Method.GRID:
            return None
        return math.prod(len(each.values) for each in self.parameters.values() if isinstance(each, Choice))


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A sweep to be run, or joined where it exists.

    `identity` is what two sweeps must share to be one, JSON's own types. `count` trials are to finish in all.
    `start` are parameters that the first trial is to have, and `most_epochs` how many a trial may take.
    """

    definition: SweepDefinition
    identity: Mapping[str, object]
    count: int
    seed: int = 0
    start: Mapping[str, object] = field(default_factory=dict)
    most_epochs: int | None = None


class TrialState(StrEnum):
    """Where a trial stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What is known of one trial; `epochs` has the metric by epoch, `score` the best of them once it is complete."""

    number: int
    state: TrialState
    parameters: Mapping[str, object]
    score: float | None = None
    epochs: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""
    started: str = ""
    seconds: float | None = None


class TrialPruned(Exception):
    """Raised out of a training that is not worth going on with."""


class TrialTaken(Exception):
    """Raised out of a training whose trial another process has taken up, as that one's process was thought dead."""


def best_of(records: Sequence[TrialRecord], metric: Metric) -> TrialRecord | None:
    """The complete trial with the best score, the first of equals; None where there is none."""
    best: TrialRecord | None = None
    for record in sorted(records, key=lambda each: each.number):
        if record.state != TrialState.COMPLETE or record.score is None:
            continue
        if best is None or best.score is None or metric.better(record.score, best.score):
            best = record
    return best


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)
