"""Writes predictions as CSV."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import BinaryIO

from typing_extensions import override

from adapters.files.json_values import json_text, plain
from adapters.prediction_writers.column_names import refuse_repeated
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.label import LabelSet, in_one_cell
from domain.output_form import NOTHING_BESIDE, PLAIN, Beside, OutputForm
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.taxonomy import Taxonomy

# What the csv module quotes, and a lone carriage return, which readers drop if it is not quoted.
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


class CsvWriter(PredictionWriter):
    """Writes the columns id, labels and probabilities, one row per abstract.

    In a cell, arXiv categories and probabilities are separated by spaces, and names by semicolons. Other labels are a
    JSON list. `form` adds the columns names, primary and those that are kept.
    """

    def __init__(self, stream: BinaryIO, taxonomy: Taxonomy, *, form: OutputForm = PLAIN) -> None:
        self._stream = stream
        self._labels = [str(category) for category in taxonomy]
        self._names = [info.name for info in taxonomy.infos]
        self._label_set = taxonomy.label_set
        self._form = form
        more = (["names"] if form.names else []) + (["primary"] if form.primary else [])
        header = ["id", "labels", "probabilities", *more, *form.kept]
        refuse_repeated(header)
        self._stream.write(",".join(map(_cell, header)).encode() + b"\n")

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        labels = [self._labels[column] for column in chosen.columns.tolist()]
        numbers = [f"{probability:.4f}" for probability in chosen.probabilities.tolist()]
        ends = chosen.offsets.tolist()
        more = self._more(chosen, beside)
        rows = [
            f"{_cell(id_)},{self._in_cell(labels[start:end])},{' '.join(numbers[start:end])}{others}\n"
            for id_, start, end, others in zip(ids, ends[:-1], ends[1:], more, strict=True)
        ]
        # An id may hold half a surrogate pair, which JSON can express and UTF-8 cannot.
        self._stream.write("".join(rows).encode("utf-8", "backslashreplace"))

    @override
    def finish(self) -> None:
        """Does nothing, because rows are complete."""

    def _more(self, chosen: ChosenCategories, beside: Beside) -> list[str]:
        """Returns the end of each row, which the form asks for."""
        found = [""] * len(chosen)
        if self._form.names:
            columns, ends = chosen.columns.tolist(), chosen.offsets.tolist()
            for row, (start, end) in enumerate(pairwise(ends)):
                found[row] += "," + _cell("; ".join(self._names[column] for column in columns[start:end]))
        if self._form.primary:
            primaries = () if beside.primaries is None else beside.primaries.tolist()
            found = [f"{end},{_cell(self._labels[primary])}" for end, primary in zip(found, primaries, strict=True)]
        if beside.kept is not None:
            rows = beside.kept.values()
            found = [
                end + "".join(f",{_cell(_plain(value))}" for value in row) for end, row in zip(found, rows, strict=True)
            ]
        return found

    def _in_cell(self, labels: Sequence[str]) -> str:
        found = in_one_cell(labels, self._label_set)
        return found if self._label_set == LabelSet.ARXIV else _cell(found)


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return plain(value)
    return json_text(value) if isinstance(value, list | dict) else str(value)


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
