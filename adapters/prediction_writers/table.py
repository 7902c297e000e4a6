"""Writes predictions as a table for users."""

from collections.abc import Sequence
from typing import BinaryIO

from typing_extensions import override

from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import CLOSED, Explanation
from domain.output_form import NOTHING_BESIDE, Beside
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.taxonomy import Taxonomy

_ID_WIDTH = 18
_TRUE_WIDTH = len("cross-list")


class TableWriter(PredictionWriter):
    """Writes one line per category under a heading. An abstract's id, if any, is on its first line."""

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
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        if self._with_ids is None:
            self._with_ids = any(id_ is not None for id_ in ids) or len(ids) > 1
            true = "" if papers is None else f"{'true'.ljust(_TRUE_WIDTH)}  "
            self._put([self._id("id") + f"{'label'.ljust(self._width)}  probability  {true}category"])
        columns, probabilities = chosen.columns.tolist(), chosen.probabilities.tolist()
        ends = chosen.offsets.tolist()
        for place, (id_, start, end) in enumerate(zip(ids, ends[:-1], ends[1:], strict=True)):
            roles = None if papers is None else _roles_of(papers[place])
            lines = [
                f"{self._labels[column]}  {probability:11.4f}  {self._true(column, roles)}{self._names[column]}"
                for column, probability in zip(columns[start:end], probabilities[start:end], strict=True)
            ] or ["(none at or above the threshold)"]
            if explanations is not None:
                why = [_reasons(explanation) for explanation in explanations[place]]
                lines = [line for pair in zip(lines, why, strict=False) for line in (pair[0], *pair[1])] or lines
            if papers is not None and roles is not None:
                lines = [_heading(papers[place]), *lines, *self._missed(columns[start:end], roles)]
            self._put([self._id(id_ or "-" if row == 0 else "") + line for row, line in enumerate(lines)])

    @override
    def finish(self) -> None:
        """Does nothing, because a table needs no end."""

    def _true(self, column: int, roles: dict[str, str] | None) -> str:
        return "" if roles is None else roles.get(self._labels[column].rstrip(), "no").ljust(_TRUE_WIDTH) + "  "

    def _missed(self, given: list[int], roles: dict[str, str]) -> list[str]:
        """Returns a line for each true category that is not given."""
        names = dict(zip((label.rstrip() for label in self._labels), self._names, strict=True))
        missed = [label for label in roles if label not in {self._labels[column].rstrip() for column in given}]
        return [
            f"{label.ljust(self._width)}  {'not given':>11}  {roles[label].ljust(_TRUE_WIDTH)}  "
            f"{names.get(label, '(not a category of this model)')}"
            for label in missed
        ]

    def _id(self, text: str) -> str:
        return text.ljust(_ID_WIDTH) + "  " if self._with_ids else ""

    def _put(self, lines: list[str]) -> None:
        self._stream.write("".join(f"{line.rstrip()}\n" for line in lines).encode("utf-8", "backslashreplace"))


def _roles_of(paper: ArxivPaper) -> dict[str, str]:
    """Returns the role of each true category of a paper, the primary one first."""
    return {str(each): "cross-list" if number else "primary" for number, each in enumerate(paper.paper.categories)}


def _heading(paper: ArxivPaper) -> str:
    return f"{paper.submitted:%Y-%m-%d}: {paper.paper.abstract.title or '(no title)'}"


def _reasons(explanation: Explanation) -> list[str]:
    """Returns a line of the words for a category and one of the words against it, if there are any."""
    if explanation.method == CLOSED:
        return ["  closed in the month of the paper"]
    lines = []
    for title, sign in (("for", 1), ("against", -1)):
        terms = [f"{term.term} {term.contribution:+.2f}" for term in explanation.terms if term.contribution * sign > 0]
        if terms:
            lines.append(f"  {title + ':':<9}{', '.join(terms)}")
    return lines
