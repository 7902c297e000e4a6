"""The months in which papers could be filed in a category."""

from dataclasses import dataclass

from domain.month import check_month


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The first and the last month (YYYY-MM) in which papers could be filed in a category. None means no bound."""

    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        for month in (self.first, self.last):
            if month is not None:
                check_month(month)
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError(f"a category that ended in {self.last} began in {self.first}")

    def holds(self, month: str) -> bool:
        """Returns whether a paper of a month (YYYY-MM) can have the category."""
        return (self.first is None or self.first <= month) and (self.last is None or month <= self.last)
