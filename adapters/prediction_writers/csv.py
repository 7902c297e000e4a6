"""Writes predictions as CSV."""

import re
from collections.abc import Sequence
from typing import BinaryIO

from typing_extensions import override

from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.label import LabelSet, in_one_cell
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.taxonomy import Taxonomy

# What the csv module quotes, and a lone carriage return, which readers drop if it is not quoted.
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


class CsvWriter(PredictionWriter):
    """Writes the columns id, labels and probabilities, one row per abstract.

    In a cell, arXiv categories and probabilities are separated by spaces. Other labels are a JSON list.
    """

    def __init__(self, stream: BinaryIO, taxonomy: Taxonomy) -> None:
        self._stream = stream
        self._labels = [str(category) for category in taxonomy]
        self._label_set = taxonomy.label_set
        self._stream.write(b"id,labels,probabilities\n")

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
    ) -> None:
        labels = [self._labels[column] for column in chosen.columns.tolist()]
        numbers = [f"{probability:.4f}" for probability in chosen.probabilities.tolist()]
        ends = chosen.offsets.tolist()
        rows = [
            f"{_cell(id_)},{self._in_cell(labels[start:end])},{' '.join(numbers[start:end])}\n"
            for id_, start, end in zip(ids, ends[:-1], ends[1:], strict=True)
        ]
        # An id may hold half a surrogate pair, which JSON can express and UTF-8 cannot.
        self._stream.write("".join(rows).encode("utf-8", "backslashreplace"))

    @override
    def finish(self) -> None:
        """Does nothing, because rows are complete."""

    def _in_cell(self, labels: Sequence[str]) -> str:
        found = in_one_cell(labels, self._label_set)
        return found if self._label_set == LabelSet.ARXIV else _cell(found)


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
