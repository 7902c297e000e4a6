"""Writes the findings of an audit as CSV and JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.label import Label, LabelSet, in_one_cell
from entrypoints.cli.output_folder import refuse_loss
from entrypoints.cli.text_files import csv_text, write_text

if TYPE_CHECKING:
    from application.audit_dataset import Audit

_QUEUE, _DUPLICATES, _PROBLEMS, _FACTS = "queue.csv", "duplicates.csv", "problems.csv", "audit.json"
_QUEUE_COLUMNS = ("id", "given", "suggested", "probability", "reason", "quality", "split", "title")
_PROBLEM_COLUMNS = ("id", "given", "suggested", "problem", "reason", "split")
_DUPLICATE_COLUMNS = (
    *("similarity", "same_categories", "first_id", "second_id", "first_split", "second_split"),
    *("first_categories", "second_categories", "first_title", "second_title"),
)
Row = dict[str, object]


def write_audit(folder: Path, audit: "Audit") -> list[str]:
    """Writes the queue, the pairs of near-duplicates, other problems and all counts. Returns the names of the files."""
    write_text(folder / _QUEUE, _csv(_QUEUE_COLUMNS, queue_rows(audit)))
    write_text(folder / _DUPLICATES, _csv(_DUPLICATE_COLUMNS, _duplicate_rows(audit)))
    write_text(folder / _PROBLEMS, _csv(_PROBLEM_COLUMNS, _problem_rows(audit)))
    write_text(folder / _FACTS, json.dumps(audit_facts(audit), indent=2) + "\n")
    return [_QUEUE, _DUPLICATES, _PROBLEMS, _FACTS]


def refuse_source_as_output(source: str, folder: Path) -> None:
    """Raises InvalidInputError if writing an audit would replace papers or a file of the user."""
    refuse_loss(source, folder, (_QUEUE, _DUPLICATES, _PROBLEMS, _FACTS, "index.html"), _FACTS)


def queue_rows(audit: "Audit", most: int | None = None) -> Iterator[Row]:
    """Yields the suspect papers, the most suspect first, as the rows of queue.csv."""
    for suspect in islice(audit.doubts.suspects, most):
        paper = audit.read.papers[suspect.row]
        yield {
            **_identity(audit, suspect.row),
            "given": _cell(paper.categories),
            "suggested": _cell(suspect.suggested),
            "probability": round(suspect.probability, 4),
            "reason": suspect.reason,
            "quality": round(suspect.quality, 6),
            "title": paper.abstract.title or "",
        }


def audit_facts(audit: "Audit") -> dict[str, Any]:
    """Returns the counts of an audit as JSON values."""
    doubts, duplicates = audit.doubts, audit.duplicates
    kinds = Counter(
        str(kind) for kind in {(problem.row, problem.kind): problem.kind for problem in audit.problems}.values()
    )
    return {
        "source": audit.read.source,
        "papers": len(audit.read.papers),
        "splits": dict(Counter(audit.read.splits)),
        "doubted_by": audit.opinion.by,
        "suspects": doubts.total,
        "problems": dict(kinds.most_common()),
        "duplicates": {
            "pairs": len(duplicates.pairs),
            "papers": duplicates.papers,
            "groups": duplicates.groups,
            "different_labels": duplicates.different_labels,
            "within": dict(duplicates.within),
            "across": [{"splits": list(names), "pairs": count} for names, count in duplicates.across.items()],
        },
        "categories": [
            {"category": str(each.category), "given": each.given, "added": each.added, "dropped": each.dropped}
            for each in doubts.categories
        ],
    }


def _duplicate_rows(audit: "Audit") -> Iterator[Row]:
    from application.audit.duplicates import same_labels

    for pair in audit.duplicates.pairs:
        row: Row = {
            "similarity": round(pair.similarity, 4),
            "same_categories": "yes" if same_labels(audit.read.papers, pair) else "no",
        }
        for name, number in (("first", pair.first), ("second", pair.second)):
            paper = audit.read.papers[number]
            facts = {**_identity(audit, number), "categories": _cell(paper.categories)}
            row |= {f"{name}_{key}": value for key, value in facts.items()}
            row[f"{name}_title"] = paper.abstract.title or ""
        yield row


def _problem_rows(audit: "Audit") -> Iterator[Row]:
    for problem in audit.problems:
        yield {
            **_identity(audit, problem.row),
            "given": _cell(audit.read.papers[problem.row].categories),
            "suggested": _cell(problem.suggested),
            "problem": str(problem.kind),
            "reason": problem.reason,
        }


def _identity(audit: "Audit", row: int) -> Row:
    """Returns the id of a paper, or its place in the source, and its split."""
    return {"id": audit.read.papers[row].abstract.id or f"row {row + 1}", "split": audit.read.splits[row]}


def _cell(labels: Sequence[Label]) -> str:
    from domain.category import Category

    arxiv = all(isinstance(label, Category) for label in labels)
    return in_one_cell([str(label) for label in labels], LabelSet.ARXIV if arxiv else LabelSet.OWN)


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    return csv_text(columns, ([row.get(name, "") for name in columns] for row in rows))
