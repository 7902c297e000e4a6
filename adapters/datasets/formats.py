"""The formats of files and their readers."""

import re
from pathlib import Path
from typing import BinaryIO

from adapters.datasets import json_lines
from adapters.datasets.addresses import PaperFile, seekable
from adapters.datasets.columns import Columns
from adapters.datasets.compression import SUFFIXES, opened
from adapters.datasets.records import Rows
from adapters.datasets.text_check import refuse_no_text
from domain.errors import InvalidInputError

PARQUET, JSONL, CSV, TSV, XLSX = "parquet", "jsonl", "csv", "tsv", "xlsx"
FORMATS = (PARQUET, JSONL, CSV, TSV, XLSX)
# The formats that are read from their end and compressed internally.
PACKED = (PARQUET, XLSX)
NAMES = {JSONL: "JSON Lines", CSV: "CSV", TSV: "TSV"}
BETWEEN = {CSV: ",", TSV: "\t"}
# The names of arXiv's metadata snapshot as Kaggle gives it.
_SNAPSHOT = re.compile(r"(?:archive|arxiv|arxiv-metadata-[\w-]+)\.zip")
_BY_SUFFIX = {
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".json": JSONL,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
}


def format_of(path: PaperFile) -> str | None:
    """Returns the format by a file's suffixes, or None. `papers.jsonl.gz` and Kaggle's snapshot are JSON lines."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if _SNAPSHOT.fullmatch(path.name):
        return JSONL
    if suffixes and suffixes[-1] in SUFFIXES:
        packed = _BY_SUFFIX.get(suffixes[-2]) if len(suffixes) > 1 else None
        return None if packed in PACKED else packed
    return _BY_SUFFIX.get(suffixes[-1]) if suffixes else None


def rows_of_file(path: PaperFile, file_format: str, columns: Columns) -> Rows:
    """Yields the rows of a file in one of FORMATS. Raises InvalidInputError if it cannot be read to its end."""
    refuse_missing(path)
    if file_format in PACKED:
        with seekable(path) as file:
            yield from packed_rows(file, str(path), file_format, columns)
    else:
        with opened(path) as stream:
            yield from rows_of_text(stream, str(path), file_format, columns)


def refuse_missing(path: PaperFile) -> None:
    """Raises InvalidInputError if there is no such file."""
    if not path.exists() or path.is_dir():  # a named pipe exists and is no directory
        raise InvalidInputError(f"There is no file {path}. Check its path.")


def packed_rows(file: Path | BinaryIO, source: str, file_format: str, columns: Columns) -> Rows:
    """Returns the rows of a parquet file or an Excel workbook. A stream must be seekable."""
    if file_format == PARQUET:
        from adapters.datasets import parquet

        return parquet.rows(file, source, columns)
    from adapters.datasets import xlsx_rows

    return xlsx_rows.rows(file, source, columns)


def rows_of_text(stream: BinaryIO, source: str, file_format: str, columns: Columns) -> Rows:
    """Returns the rows of a stream of JSON lines, CSV or TSV. Raises InvalidInputError if it is not text."""
    if file_format in NAMES:
        refuse_no_text(stream, source, NAMES[file_format])
    if file_format == JSONL:
        return json_lines.rows(stream, source, columns)
    if file_format in BETWEEN:
        from adapters.datasets import csv_rows

        return csv_rows.rows(stream, source, columns, usual=BETWEEN[file_format])
    raise unknown_format(file_format, source)


def unknown_format(file_format: str | None, source: str) -> InvalidInputError:
    """Returns the error for a source of an unknown format, or without a sign of its format."""
    if file_format is not None:
        return InvalidInputError(f"There is no format {file_format!r}. Known are {', '.join(FORMATS)}.")
    return InvalidInputError(
        f"Nothing tells which format {source} is in. Name the file .parquet, .jsonl, .csv, .tsv or .xlsx (.gz or .zst "
        f"after it where text is compressed), or say that it is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
    )
