"""Converts a sweep's parameters to Optuna's distributions and back."""

import json
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from domain.sweep import Choice, Parameter, Range

_TAIL = 0.001


class Space:
    """Converts parameters between the values of a trial and the values that Optuna stores.

    Optuna stores lists as JSON, a normal's value as its quantile, and multiples on a logarithmic scale unrounded,
    because it has no types for these.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = parameters
        self.distributions = {name: _distribution(each) for name, each in parameters.items()}

    def decoded(self, stored: Mapping[str, Any]) -> dict[str, object]:
        """Returns a trial's values for what Optuna stored, in the order of the sweep file."""
        return {name: _decoded(each, stored[name]) for name, each in self._parameters.items() if name in stored}

    def encoded(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Returns those values that lie in the space, in the form that Optuna stores."""
        fitting = {name: each for name, each in self._parameters.items() if name in values and each.holds(values[name])}
        return {name: _encoded(each, values[name]) for name, each in fitting.items()}

    def grid(self) -> dict[str, list[Any]]:
        """Returns every value of every parameter. All parameters must be choices."""
        return {
            name: [_encoded(each, value) for value in each.values]
            for name, each in self._parameters.items()
            if isinstance(each, Choice)
        }


def _distribution(parameter: Parameter) -> BaseDistribution:
    if isinstance(parameter, Choice):
        return CategoricalDistribution([_encoded(parameter, value) for value in parameter.values])
    if isinstance(parameter, Range):
        if parameter.whole and parameter.quantum is None:
            return IntDistribution(int(parameter.low), int(parameter.high))
        return FloatDistribution(parameter.low, parameter.high, log=parameter.logarithmic)
    return FloatDistribution(_TAIL, 1 - _TAIL)


def _decoded(parameter: Parameter, stored: Any) -> object:
    if isinstance(parameter, Choice):
        return next(value for value in parameter.values if _encoded(parameter, value) == stored)
    if isinstance(parameter, Range):
        return parameter.fitted(stored)
    return float(f"{NormalDist(parameter.mean, parameter.deviation).inv_cdf(stored):.6g}")


def _encoded(parameter: Parameter, value: Any) -> Any:
    if isinstance(parameter, Choice):
        return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
    if isinstance(parameter, Range):
        return value
    return NormalDist(parameter.mean, parameter.deviation).cdf(value)
