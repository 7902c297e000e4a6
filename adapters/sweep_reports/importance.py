"""Estimates how strongly a sweep's scores depend on each parameter."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.sweep import Choice, Goal, Metric, Parameter, Range, TrialRecord

# With fewer trials no importance is estimated.
FEWEST = 6
# The share of trials that count as good. The paper's 0.1 would be only two of twenty.
_GOOD = 0.25
_BINS = 50


def importances(
    records: Sequence[TrialRecord], parameters: Mapping[str, Parameter], metric: Metric
) -> dict[str, float]:
    """Returns the parameters' shares of importance, with sum 1, largest first, or none for too few finished trials.

    The method is PED-ANOVA (Watanabe et al., 2023): how far the distribution of a parameter among good trials is from
    that among all trials. Trials that were ended early count with their best value. Optuna has the same method, but
    imports scikit-learn for it, which takes 2.6 s.
    """
    rated = [(record, value) for record in records if (value := reached(record, metric)) is not None]
    if len(rated) < FEWEST or len({value for _, value in rated}) == 1:
        return {}
    rated.sort(key=lambda pair: pair[1], reverse=metric.goal == Goal.MAXIMIZE)
    good = max(2, math.ceil(_GOOD * len(rated)))
    divergences = {
        name: _divergence(each, [record.parameters.get(name) for record, _ in rated], good)
        for name, each in parameters.items()
    }
    total = sum(divergences.values())
    shares = {name: divergence / total for name, divergence in divergences.items() if divergence} if total else {}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def reached(record: TrialRecord, metric: Metric) -> float | None:
    """Returns a trial's score, or its best epoch if it was ended early, or None."""
    if record.score is not None:
        return record.score
    choose = max if metric.goal == Goal.MAXIMIZE else min
    return choose(record.epochs.values(), default=None)


def _divergence(parameter: Parameter, values: Sequence[object], good: int) -> float:
    """Returns Pearson's divergence of the first `good` values from all values, or 0 if all are equal."""
    if len({repr(value) for value in values}) == 1:
        return 0.0
    density = _shares_of_choices if isinstance(parameter, Choice) else _density
    places = _places(parameter, values)
    among_good, among_all = density(places[:good], places), density(places, places)
    return float(np.sum(among_all * (among_good / among_all - 1) ** 2))


def _places(parameter: Parameter, values: Sequence[object]) -> NDArray[np.float64]:
    """Returns the positions of values between 0 and 1, or for choices their numbers."""
    if isinstance(parameter, Choice):
        known = [repr(value) for value in parameter.values]
        return np.array([known.index(repr(value)) for value in values], dtype=np.float64)
    numbers = np.array([float(str(value)) for value in values])
    low, high = (parameter.low, parameter.high) if isinstance(parameter, Range) else (numbers.min(), numbers.max())
    if isinstance(parameter, Range) and parameter.logarithmic:
        numbers, low, high = np.log(numbers), math.log(low), math.log(high)
    return (numbers - low) / (high - low)


def _density(places: NDArray[np.float64], _everything: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns a kernel density in bins, with the weight of one value spread evenly."""
    centres = (np.arange(_BINS) + 0.5) / _BINS
    width = max(float(places.std()) * len(places) ** -0.2, 1 / _BINS)
    kernels = np.exp(-0.5 * ((centres - places[:, None]) / width) ** 2)
    kernels /= kernels.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = (kernels.sum(axis=0) + 1 / _BINS) / (len(places) + 1)
    return shares


def _shares_of_choices(places: NDArray[np.float64], everything: NDArray[np.float64]) -> NDArray[np.float64]:
    bins = int(everything.max()) + 1
    counts = np.bincount(places.astype(np.intp), minlength=bins)
    shares: NDArray[np.float64] = (counts + 1 / bins) / (len(places) + 1)
    return shares
