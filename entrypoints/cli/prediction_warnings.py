"""Reports texts whose predictions may mean little."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from domain.prediction_warning import PredictionWarning
from entrypoints.cli.messages import say


class PredictionWarnings:
    """Counts warnings by kind, and reports each kind once. `one` means that there is a single text."""

    def __init__(self, say: Callable[[str], None], *, one: bool) -> None:
        self._say = say
        self._one = one
        self._counts: Counter[PredictionWarning] = Counter()

    def add(self, warnings: Iterable[Sequence[PredictionWarning]]) -> None:
        """Counts the warnings of some abstracts."""
        for each in warnings:
            self._counts.update(each)

    def add_counts(self, counts: Mapping[PredictionWarning, int]) -> None:
        """Counts warnings that were counted elsewhere."""
        self._counts.update(counts)

    def summary(self) -> None:
        """Reports each kind of warning, and for files the number of abstracts that have it."""
        for warning in PredictionWarning:
            if count := self._counts[warning]:
                about = "" if self._one else f" for {count:,} {'abstract' if count == 1 else 'abstracts'}"
                say(
                    f"Warning{about}: {warning.sentence}",
                    event="prediction_warning",
                    level=logging.WARNING,
                    plainly=self._say,
                    code=warning.value,
                    abstracts=count,
                )
