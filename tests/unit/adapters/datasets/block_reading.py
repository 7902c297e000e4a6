"""Reads a text file in blocks and record by record, for tests that compare the two."""

from collections.abc import Iterator
from io import BytesIO

from adapters.datasets import runs
from adapters.datasets.columns import UNLABELLED, Columns
from adapters.datasets.formats import rows_of_text
from adapters.datasets.records import Limits, read_row
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

LIMITS = Limits(200, "2026-06-30")
# Abstracts, and of bad records the line and the reason.
Found = list[Abstract | tuple[int, str]]


def by_records(content: bytes, file_format: str, columns: Columns = UNLABELLED) -> Found | str:
    """The rows by the reader of single records, or the error."""
    try:
        found = [read_row(row, "x", LIMITS) for row in rows_of_text(BytesIO(content), "x", file_format, columns)]
    except InvalidInputError as error:
        return str(error)
    return [(each.line, each.reason) if isinstance(each, BadRecord) else each for each in found]


def by_blocks(
    content: bytes, file_format: str, columns: Columns = UNLABELLED, seen: list[int] | None = None
) -> Found | str:
    """The rows by blocks, or the error. `seen` gets the number of rows of each block that Arrow read."""
    try:
        return list(_read(content, file_format, columns, [] if seen is None else seen))
    except InvalidInputError as error:
        return str(error)


def _read(content: bytes, file_format: str, columns: Columns, seen: list[int]) -> Iterator[Abstract | tuple[int, str]]:
    for run in runs._runs_of_blocks(BytesIO(content), "x", file_format, columns):
        if isinstance(run, runs._ArrowRun):
            seen.append(len(run))
        for each in run.read(LIMITS):
            if isinstance(each, AbstractBatch):
                yield from each
            else:
                yield (each.line, each.reason) if isinstance(each, BadRecord) else each
