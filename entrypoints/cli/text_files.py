"""Writes the text and CSV files that lie beside a report."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from entrypoints.cli.output import whole_file


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns a CSV file's text, with a line of columns first."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Writes a file whole, in UTF-8, and replaces an earlier one."""
    with whole_file(path) as stream:
        stream.write(text.encode())
