"""A sweep: the parameters it tries, its method, its metric, and the results of its trials."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import ConfigurationError

DEFAULT_METRIC = "validation_score"


class Method(StrEnum):
    """The way to choose the next trial's parameters."""

    BAYES = "bayes"
    GRID = "grid"
    RANDOM = "random"


class Goal(StrEnum):
    """The direction in which a metric improves."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class Metric:
    """The metric that compares trials. Every epoch reports it for the validation papers."""

    name: str = DEFAULT_METRIC
    goal: Goal = Goal.MAXIMIZE

    def of(self, metrics: Mapping[str, float]) -> float:
        """Returns this metric's value among an epoch's metrics. Raises ConfigurationError if it is missing."""
        if self.name not in metrics:
            raise ConfigurationError(
                f"The sweep's metric is {self.name!r}, which epochs do not report. They report {', '.join(metrics)}."
            )
        return float(metrics[self.name])

    def better(self, left: float, right: float) -> bool:
        """Returns whether `left` is better than `right`."""
        return left > right if self.goal == Goal.MAXIMIZE else left < right


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several JSON values. A single value is a constant."""

    values: tuple[object, ...]

    def holds(self, value: object) -> bool:
        """Returns whether a value is one of them."""
        return _canonical(value) in map(_canonical, self.values)

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values whose validity implies that all values are valid."""
        return self.values


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, rounded to multiples of `quantum`.

    If `logarithmic`, its logarithm is evenly distributed. If `whole`, it is an integer.
    """

    low: float
    high: float
    logarithmic: bool = False
    quantum: float | None = None
    whole: bool = False

    def fitted(self, number: float) -> float:
        """Returns the nearest number of the range."""
        step = self.quantum or (1 if self.whole else None)
        rounded = round(number / step) * step if step else number
        if step and rounded > self.high:
            rounded = math.floor(self.high / step) * step
        if step and rounded < self.low:
            rounded = math.ceil(self.low / step) * step
        if self.whole:
            return round(rounded)
        # Six digits are exact enough for training and readable in the best trial's configuration.
        return min(max(float(f"{rounded:.6g}"), self.low), self.high)

    def holds(self, value: object) -> bool:
        """Returns whether the range can give that value."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high and math.isclose(self.fitted(value), value, rel_tol=1e-5)  # type: ignore[operator, arg-type]  # checked: a number

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values whose validity implies that all values are valid."""
        return (self.fitted(self.low), self.fitted(self.high))


@dataclass(frozen=True, slots=True)
class Normal:
    """A number from a normal distribution."""

    mean: float
    deviation: float

    def holds(self, value: object) -> bool:
        """Returns whether a value lies within three standard deviations."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and abs(value - self.mean) < 3 * self.deviation  # type: ignore[operator]  # checked: a number

    @property
    def extremes(self) -> tuple[object, ...]:
        """Values whose validity implies that nearly all values are valid."""
        return (self.mean - 3 * self.deviation, self.mean + 3 * self.deviation)


Parameter = Choice | Range | Normal


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Ends trials that are not among the best `1/eta` at their first, second, fourth ... comparison.

    Comparisons start at epoch `min_iter`. If `max_iter` is given instead, there are `s` of them up to it.
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
    """The parameters and the method of a sweep. `document` is the same in the form of Weights & Biases."""

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
        """The number of combinations of a grid, or None for other methods."""
        if self.method != Method.GRID:
            return None
        return math.prod(len(each.values) for each in self.parameters.values() if isinstance(each, Choice))


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A sweep to run, or to join if it exists.

    `identity` holds the JSON values that two equal sweeps share. `count` is the total number of trials to finish.
    `start` holds parameters for the first trial. `most_epochs` is the largest number of epochs of a trial.
    """

    definition: SweepDefinition
    identity: Mapping[str, object]
    count: int
    seed: int = 0
    start: Mapping[str, object] = field(default_factory=dict)
    most_epochs: int | None = None


class TrialState(StrEnum):
    """The state of a trial."""

    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """The record of one trial.

    `epochs` has the metric by epoch. `score` is the best of them once the trial is complete.
    """

    number: int
    state: TrialState
    parameters: Mapping[str, object]
    score: float | None = None
    epochs: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""
    started: str = ""
    seconds: float | None = None


class TrialPruned(Exception):
    """Raised to end a training early because its trial is not promising."""


class TrialTaken(Exception):
    """Raised to end a training whose trial another process has taken over, because this process seemed dead."""


def best_of(records: Sequence[TrialRecord], metric: Metric) -> TrialRecord | None:
    """Returns the complete trial with the best score, the first of equals, or None."""
    best: TrialRecord | None = None
    for record in sorted(records, key=lambda each: each.number):
        if record.state != TrialState.COMPLETE or record.score is None:
            continue
        if best is None or best.score is None or metric.better(record.score, best.score):
            best = record
    return best


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)
