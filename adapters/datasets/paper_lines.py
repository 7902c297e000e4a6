"""Writes labelled papers as JSON lines that json_lines.py can read."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from domain.labelled_abstract import LabelledAbstract


def write_papers(stream: BinaryIO, papers: Iterable[LabelledAbstract]) -> None:
    """Writes one object per line: id, title, abstract, categories and, if known, year_month."""
    for paper in papers:
        row: dict[str, object] = {
            "id": paper.abstract.id,
            "title": paper.abstract.title,
            "abstract": paper.abstract.text,
            "categories": [str(category) for category in paper.categories],
        }
        if paper.month is not None:
            row["year_month"] = paper.month
        stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
