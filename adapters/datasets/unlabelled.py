"""Reads abstracts to classify, in constant memory."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from adapters.datasets.columns import UNLABELLED, Columns
from adapters.datasets.formats import (
    FORMATS,
    JSONL,
    PACKED,
    format_of,
    packed_rows,
    rows_of_file,
    rows_of_text,
    unknown_format,
)
from adapters.datasets.records import Rows, unlabelled
from domain.abstract import MAX_CHARACTERS, Abstract
from domain.month import Clock, system_clock
from domain.ports.dataset import OnBadRecord

STANDARD_INPUT = "standard input"


def read_abstracts(
    source: str | Path | BinaryIO,
    format: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    on_bad_record: OnBadRecord = lambda record: None,
    *,
    named: Mapping[str, str] | None = None,
    now: Clock = system_clock,
) -> Iterator[Abstract]:
    """Yields the abstracts of a file or a stream of bytes in order, with titles, ids and months if present.

    `source` may be `-` for standard input. `format` is parquet, jsonl, csv, tsv or xlsx. By default a file's suffix
    decides, and a stream is JSON lines. Files ending in .gz or .zst are decompressed. `named` maps columns to their
    names in the source.
    A malformed record, or one with a date after `now`, is left out and passed to `on_bad_record`, which may raise to
    stop.
    Raises InvalidInputError if there is no column `abstract` or the input is truncated.
    """
    stream = sys.stdin.buffer if source == "-" else source
    chosen = format or (format_of(Path(stream)) if isinstance(stream, str | Path) else JSONL)
    if chosen not in FORMATS:
        raise unknown_format(chosen, str(source))
    columns = UNLABELLED.called(named or {})
    if isinstance(stream, str | Path):
        rows = rows_of_file(Path(stream), chosen, columns)
        return unlabelled(rows, str(stream), max_characters, on_bad_record, now)
    rows = _rows_of_stream(stream, chosen, columns)
    return unlabelled(rows, STANDARD_INPUT, max_characters, on_bad_record, now)


def _rows_of_stream(stream: BinaryIO, format: str, columns: Columns) -> Rows:
    if format not in PACKED:
        yield from rows_of_text(stream, STANDARD_INPUT, format, columns)
        return
    if stream.seekable():
        yield from packed_rows(stream, STANDARD_INPUT, format, columns)
        return
    with TemporaryFile() as copy:  # such a file is read from its end, so it must be seekable
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield from packed_rows(cast(BinaryIO, copy), STANDARD_INPUT, format, columns)
