"""Predictions as a table to be read by a person."""

from collections.abc import Sequence
from typing import BinaryIO

from typing_extensions import override

from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.ports.prediction_writer import PredictionWriter
from domain.taxonomy import Taxonomy

_ID_WIDTH = 18


class TableWriter(PredictionWriter):
    """Writes one line per category under a heading; the id stands on an abstract's first line where there are ids."""

    def __init__(self, stream: BinaryIO, taxonomy: Taxonomy) -> None:
        self._stream = stream
        labels = [str(category) for category in taxonomy]
        self._width = max(len("label"), *map(len, labels))
        self._labels = [label.ljust(self._width) for label in labels]
        self._names = [info.name for info in taxonomy.infos]
        self._with_ids: bool | None = None

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
    ) -> None:
        if self._with_ids is None:
            self._with_ids = any(id_ is not None for id_ in ids) or len(ids) > 1
            self._put([self._id("id") + f"{'label'.ljust(self._width)}  probability  category"])
        columns, probabilities = chosen.columns.tolist(), chosen.probabilities.tolist()
        ends = chosen.offsets.tolist()
        for place, (id_, start, end) in enumerate(zip(ids, ends[:-1], ends[1:], strict=True)):
            lines = [
                f"{self._labels[column]}  {probability:11.4f}  {self._names[column]}"
                for column, probability in zip(columns[start:end], probabilities[start:end], strict=True)
            ] or ["(none at or above the threshold)"]
            if explanations is not None:
                why = [_reasons(explanation) for explanation in explanations[place]]
                lines = [line for pair in zip(lines, why, strict=False) for line in (pair[0], *pair[1])] or lines
            self._put([self._id(id_ or "-" if row == 0 else "") + line for row, line in enumerate(lines)])

    @override
    def finish(self) -> None:
        """Nothing: a table needs no end."""

    def _id(self, text: str) -> str:
        return text.ljust(_ID_WIDTH) + "  " if self._with_ids else ""

    def _put(self, lines: list[str]) -> None:
        self._stream.write("".join(f"{line.rstrip()}\n" for line in lines).encode("utf-8", "backslashreplace"))


def _reasons(explanation: Explanation) -> list[str]:
    """A line of the words that speak for a category, and one of those that speak against it, where there are any."""
    lines = []
    for title, sign in (("for", 1), ("against", -1)):
        terms = [f"{term.term} {term.contribution:+.2f}" for term in explanation.terms if term.contribution * sign > 0]
        if terms:
            lines.append(f"  {title + ':':<9}{', '.join(terms)}")
    return lines
