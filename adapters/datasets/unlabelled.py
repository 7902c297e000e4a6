"""Reads abstracts to classify, in constant memory."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from adapters.datasets.addresses import PaperFile, RemoteFile
from adapters.datasets.columns import UNLABELLED, Columns
from adapters.datasets.formats import (
    FORMATS,
    JSONL,
    PACKED,
    PARQUET,
    format_of,
    packed_rows,
    rows_of_text,
    unknown_format,
)
from adapters.datasets.records import Limits
from adapters.datasets.runs import Runs, runs_of_file, runs_of_parquet, runs_of_rows
from domain.abstract import MAX_CHARACTERS, Abstract
from domain.abstract_batch import AbstractBatch, one_by_one
from domain.month import Clock, latest_day, system_clock
from domain.ports.dataset import BadRecord, OnBadRecord

STANDARD_INPUT = "standard input"


def read_batches(
    source: str | PaperFile | BinaryIO,
    format: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    on_bad_record: OnBadRecord = lambda record: None,
    *,
    named: Mapping[str, str] | None = None,
    kept: Sequence[str] = (),
    types: Mapping[str, object] | None = None,
    now: Clock = system_clock,
) -> Iterator[Abstract | AbstractBatch]:
    """Yields the abstracts of a file or a stream of bytes in order, with titles, ids and months if present.

    `source` may be `-` for standard input. `format` is parquet, jsonl, csv, tsv or xlsx. By default a file's suffix
    decides, and a stream is JSON lines. Files ending in .gz or .zst are decompressed. `named` maps columns to their
    names in the source. The abstracts of parquet come in batches, others one by one. With `kept`, columns by their
    names in the source, all come in batches with those columns, of parquet as the Arrow `types`.
    A malformed record, or one with a date after `now`, is left out and passed to `on_bad_record`, which may raise to
    stop.
    Raises InvalidInputError if there is no column `abstract` or the input is truncated.
    """
    stream = sys.stdin.buffer if source == "-" else Path(source) if isinstance(source, str) else source
    chosen = format or (format_of(stream) if isinstance(stream, Path | RemoteFile) else JSONL)
    if chosen not in FORMATS:
        raise unknown_format(chosen, str(source))
    columns = UNLABELLED.called(named or {}).keeping(kept, types)
    if isinstance(stream, Path | RemoteFile):
        runs = runs_of_file(stream, chosen, columns)
    else:
        runs = _runs_of_stream(stream, chosen, columns)
    return _good(runs, Limits(max_characters, latest_day(now())), on_bad_record)


def read_abstracts(
    source: str | Path | BinaryIO,
    format: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    on_bad_record: OnBadRecord = lambda record: None,
    *,
    named: Mapping[str, str] | None = None,
    now: Clock = system_clock,
) -> Iterator[Abstract]:
    """Yields the abstracts of `read_batches` one by one."""
    return one_by_one(read_batches(source, format, max_characters, on_bad_record, named=named, now=now))


def _good(runs: Runs, limits: Limits, on_bad_record: OnBadRecord) -> Iterator[Abstract | AbstractBatch]:
    for run in runs:
        for each in run.read(limits):
            if isinstance(each, BadRecord):
                on_bad_record(each)
            else:
                yield each


def _runs_of_stream(stream: BinaryIO, format: str, columns: Columns) -> Runs:
    if format not in PACKED:
        yield from runs_of_rows(rows_of_text(stream, STANDARD_INPUT, format, columns), STANDARD_INPUT, columns.kept)
        return
    if stream.seekable():
        yield from _packed_runs(stream, format, columns)
        return
    with TemporaryFile() as copy:  # such a file is read from its end, so it must be seekable
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield from _packed_runs(cast(BinaryIO, copy), format, columns)


def _packed_runs(stream: BinaryIO, format: str, columns: Columns) -> Runs:
    if format == PARQUET:
        return runs_of_parquet(stream, STANDARD_INPUT, columns)
    return runs_of_rows(packed_rows(stream, STANDARD_INPUT, format, columns), STANDARD_INPUT, columns.kept)
