"""Scales: where the values of an axis lie in a drawing."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, log10

from adapters.report_writers.numbers import powers, short, ticks
from domain.figures import Axis

_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps the values from `low` to `high` to positions from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    names: tuple[str, ...] = ()

    def __call__(self, value: float) -> float:
        """Returns the position of a value. Values beyond the scale lie at its ends."""
        low, high, at = self.low, self.high, value
        if self.logarithmic:
            low, high, at = log10(low), log10(high), log10(max(value, low))
        share = min(1.0, max(0.0, (at - low) / (high - low)))
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Returns the values to mark, with their texts."""
        if self.names:
            step = -(-len(self.names) // _MOST_NAMES)
            return [(float(place), self.names[place]) for place in range(0, len(self.names), step)]
        found = powers(self.low, self.high) if self.logarithmic else ticks(self.low, self.high)
        return [(value, short(value)) for value in found]


def scale_of(axis: Axis, values: Iterable[float], start: float, end: float) -> Scale:
    """Returns the scale of an axis that holds its bounds and these values. Values that are not finite are left out."""
    if axis.names:
        half = 0.5 if len(axis.names) == 1 else 0.0
        return Scale(-half, len(axis.names) - 1 + half, start, end, names=axis.names)
    logarithmic = axis.logarithmic
    found = [value for value in values if isfinite(value) and (value > 0 or not logarithmic)] or [1.0]
    low = min(found) if axis.low is None else axis.low
    high = max(found) if axis.high is None else axis.high
    if axis.low is None:
        low = low / 1.5 if logarithmic else low - 0.05 * (high - low)
    if axis.high is None:
        high = high * 1.5 if logarithmic else high + 0.05 * (high - low)
    if not low < high:
        low, high = (low / 2, low * 2) if logarithmic else (low - 0.5, low + 0.5)
    return Scale(low, high, start, end, logarithmic)
