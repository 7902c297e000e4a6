"""The thresholds at which categories are predicted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import InvalidInputError
from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A threshold for all categories, and exceptions in `by_category`."""

    default: float
    by_category: Mapping[Label, float] = field(default_factory=dict)
    # Requests use the same columns again. Looking up fifty labels takes as long as choosing among them.
    _latest: list[tuple[Taxonomy, tuple[float, ...]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for value in (self.default, *self.by_category.values()):
            if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
                raise InvalidInputError(f"A threshold is a number from 0 to 1, not {value!r}.")

    def of(self, category: Label) -> float:
        """Returns the threshold of one category."""
        return self.by_category.get(category, self.default)

    def in_columns(self, taxonomy: Taxonomy) -> tuple[float, ...]:
        """Returns the thresholds in the taxonomy's column order."""
        if not self.by_category:
            return (self.default,) * len(taxonomy)
        for known, columns in self._latest:
            if known is taxonomy:
                return columns
        columns = tuple(self.of(category) for category in taxonomy)
        self._latest[:] = [(taxonomy, columns)]
        return columns
