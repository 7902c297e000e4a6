"""Files of papers: read, classified some at a time, written as a file to download."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
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


def papers_of(abstracts: Iterable[Abstract], bad: Sequence[BadRecord]) -> list[Paper]:
    """The papers of a file; none, or more than 20,000, is an InvalidInputError. `bad` has what was left out so far."""
    papers = [
        Paper(each.text, each.title or "", each.id or "", each.month or "") for each in islice(abstracts, MOST + 1)
    ]
    if not papers and bad:
        raise InvalidInputError(
            f"None of the {len(bad):,} records could be read. The first, line {bad[0].line}: {bad[0].reason}"
        )
    if not papers:
        raise InvalidInputError("The file holds no papers. Give each a column or field named abstract.")
    if len(papers) > MOST:
        raise InvalidInputError(
            f"The file holds more than {MOST:,} papers. Use `arxiv-classifier predict FILE`, which takes any number."
        )
    return papers


def classified(backend: Backend, model: str, papers: Sequence[Paper]) -> Iterator[list[Given]]:
    """What is given to the next papers, some at a time, so that it can be stopped in between."""
    for start in range(0, len(papers), AT_ONCE):
        yield backend.classify_many(model, papers[start : start + AT_ONCE])


def written(papers: Sequence[Paper], given: Sequence[Given], format_: str, folder: Path) -> Path:
    """A new file of predictions, jsonl or csv, in a folder; of the first papers, where fewer were given some."""
    path, papers = folder / f"predictions.{format_}", papers[: len(given)]
    text = _csv(papers, given) if format_ == "csv" else _json_lines(papers, given)
    path.write_text(text, "utf-8", errors="backslashreplace", newline="")
    return path


def _json_lines(papers: Sequence[Paper], given: Sequence[Given]) -> str:
    lines = []
    for paper, row in zip(papers, given, strict=True):
        predictions = [{"label": label, "probability": round(probability, 4)} for label, probability in row.labels]
        lines.append(json.dumps({"id": paper.id or None, "predictions": predictions}) + "\n")
    return "".join(lines)


def _csv(papers: Sequence[Paper], given: Sequence[Given]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", "labels", "probabilities"])
    for paper, row in zip(papers, given, strict=True):
        numbers = " ".join(f"{probability:.4f}" for _, probability in row.labels)
        writer.writerow([paper.id, _in_cell([label for label, _ in row.labels]), numbers])
    return stream.getvalue()


def _in_cell(labels: Sequence[str]) -> str:
    """Categories of arXiv have spaces between them, and other labels are a JSON list."""
    return in_one_cell(labels, LabelSet.ARXIV if all(map(Category.has_form, labels)) else LabelSet.OWN)
