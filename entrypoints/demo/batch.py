"""Files of papers: reads them, classifies some papers at a time, and writes a file to download."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import LabelSet, in_one_cell
from domain.ports.dataset import BadRecord
from entrypoints.demo.backend import Backend, Given, Paper

AT_ONCE = 32
MOST = 20_000
TEMPLATE = (
    "id,title,abstract,date\n"
    'paper-1,A title,"The abstract, in quotation marks where it has commas.",2026-06\n'
    'paper-2,,"Only the abstract is needed. Other columns may stay empty or be left out.",\n'
)


_NOTHING = Given(())


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a file: its number from 1, its paper, and its categories or the reason why it could not be read."""

    number: int
    paper: Paper
    given: Given = _NOTHING
    error: str = ""


def rows_of(abstracts: Iterable[Abstract], bad: Sequence[BadRecord]) -> list[Row]:
    """Yields the records of a file in order, including unreadable ones. Reading `abstracts` fills `bad`.

    Raises InvalidInputError for a file without a readable paper, or with more than 20,000 papers.
    """
    rows: list[Row] = []
    papers = known = 0
    for each in islice(abstracts, MOST + 1):
        papers += 1
        rows += _failed(bad[known:], after=len(rows))
        known = len(bad)
        paper = Paper(each.text, each.title or "", each.id or "", each.month or "")
        rows.append(Row(len(rows) + 1, paper))
    rows += _failed(bad[known:], after=len(rows))
    if not papers and bad:
        raise InvalidInputError(
            f"None of the {len(bad):,} records could be read. The first, line {bad[0].line}: {bad[0].reason}"
        )
    if not papers:
        raise InvalidInputError("The file holds no papers. Give each a column or field named abstract.")
    if papers > MOST:
        raise InvalidInputError(
            f"The file holds more than {MOST:,} papers. Use `arxiv-classifier predict FILE`, which takes any number."
        )
    return rows


def _failed(bad: Sequence[BadRecord], *, after: int) -> list[Row]:
    return [Row(number, Paper(""), error=each.reason) for number, each in enumerate(bad, start=after + 1)]


def classified(backend: Backend, model: str, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yields the next rows with their categories, some at a time, so that the work can be stopped in between."""
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        papers = [row.paper for row in part if not row.error]
        given = iter(backend.classify_many(model, papers) if papers else [])
        yield [row if row.error else replace(row, given=next(given)) for row in part]


def written(rows: Sequence[Row], format_: str, folder: Path) -> Path:
    """Returns a new file of predictions, jsonl or csv, in a folder. It has a line for each row."""
    path = folder / f"predictions.{format_}"
    text = _csv(rows) if format_ == "csv" else _json_lines(rows)
    path.write_text(text, "utf-8", errors="backslashreplace", newline="")
    return path


def _json_lines(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        predictions = [
            {"label": label, "probability": round(probability, 4)} for label, probability in row.given.labels
        ]
        told: dict[str, object] = {"row": row.number, "id": row.paper.id or None, "title": row.paper.title or None}
        told |= {"error": row.error} if row.error else {"predictions": predictions}
        lines.append(json.dumps(told) + "\n")
    return "".join(lines)


def _csv(rows: Sequence[Row]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["row", "id", "title", "labels", "probabilities", "error"])
    for row in rows:
        numbers = " ".join(f"{probability:.4f}" for _, probability in row.given.labels)
        labels = _in_cell([label for label, _ in row.given.labels]) if row.given.labels else ""
        writer.writerow([row.number, row.paper.id, row.paper.title, labels, numbers, row.error])
    return stream.getvalue()


def _in_cell(labels: Sequence[str]) -> str:
    """Returns categories of arXiv with spaces between them, and other labels as a JSON list."""
    return in_one_cell(labels, LabelSet.ARXIV if all(map(Category.has_form, labels)) else LabelSet.OWN)
