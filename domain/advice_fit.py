"""The parts of advice that a model learns from validation papers: the primary category, and thresholds for verdicts."""

from dataclasses import dataclass
from math import isfinite

from domain.label import Label

_LARGEST = 1e6
# Closer to 0 or 1 than this, probabilities are held before their logit is taken.
MARGIN = 1e-5


@dataclass(frozen=True, slots=True)
class PrimaryHead:
    """Multinomial logistic regression from the calibrated logits of categories to a paper's primary category.

    Class i is the i-th of `primaries`. The last class is a primary category that the model lacks. With the logits x of
    `primaries`, held 1e-5 from 0 and 1, the logit of class i is `x[i] + sum_j weights[i][j] * x[j] + intercepts[i]`,
    where x[i] is 0 for the last class.
    """

    primaries: tuple[Label, ...]
    weights: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def __post_init__(self) -> None:
        columns = len(self.primaries)
        if not columns or len(set(self.primaries)) != columns:
            raise ValueError("the primary categories are none, or repeat")
        if [len(row) for row in self.weights] != [columns] * (columns + 1):
            raise ValueError(f"the weights are not {columns + 1} by {columns}")
        if len(self.intercepts) != columns + 1:
            raise ValueError(f"{len(self.intercepts)} intercepts for {columns + 1} classes")
        rows = (*self.weights, self.intercepts)
        if not all(isfinite(value) and abs(value) <= _LARGEST for row in rows for value in row):
            raise ValueError(f"a weight or an intercept is not a finite number up to {_LARGEST:,.0f}")


@dataclass(frozen=True, slots=True)
class AdviceThresholds:
    """Probabilities from which advice says what; each is tuned on validation papers.

    - `outside`: a paper is called outside if its probability of having none of the model's categories reaches this
    - `cross_list`: a category of at least this probability is advised as a cross-list, or kept if it was chosen
    - `add`: a category of at least this probability that was not chosen should be added
    - `drop`: a chosen category of less than this probability should be dropped
    - `swap`: another category should be primary if its probability of being so is larger by this factor, from 1
    """

    outside: float = 0.5
    cross_list: float = 0.35
    add: float = 0.5
    drop: float = 0.01
    swap: float = 20.0

    def __post_init__(self) -> None:
        shares = {"outside": self.outside, "cross_list": self.cross_list, "add": self.add, "drop": self.drop}
        for name, value in shares.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}, not a probability")
        if not 1 <= self.swap < float("inf"):
            raise ValueError(f"swap is {self.swap}, not a factor from 1")


@dataclass(frozen=True, slots=True)
class AdviceFit:
    """The head that gives the primary category, and the thresholds."""

    head: PrimaryHead
    thresholds: AdviceThresholds
