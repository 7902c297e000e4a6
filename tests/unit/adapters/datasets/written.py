"""Writes made-up papers in every format the readers know."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from domain.ports.dataset import BadRecord

Record = Mapping[str, object]

RECORDS: tuple[dict[str, object], ...] = (
    {
        "id": "2501.01234",
        "title": "On\n  learning",
        "abstract": "  We train\n a network. ",
        "categories": ["cs.LG", "stat.ML"],
        "year_month": "2025-01",
    },
    {
        "id": "hep-th/9901001",
        "title": None,
        "abstract": "Strings of $\\alpha$ and é.",
        "categories": ["hep-th"],
        "year_month": None,
    },
    {
        "id": "2606.00003",
        "title": "Grün",
        "abstract": "A bounded operator, C++ and L^2.",
        "categories": ["math.FA", "math-ph", "math.MP"],
        "year_month": "2026-06",
    },
)


def json_lines(records: Sequence[Record]) -> bytes:
    """The records as JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def write_json_lines(path: Path, records: Sequence[Record]) -> Path:
    """JSON lines, compressed as the file's suffix says."""
    plain = json_lines(records)
    packed = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(path.suffix, bytes)
    path.write_bytes(packed(plain))
    return path


def csv_text(records: Sequence[Record]) -> str:
    """The records as CSV, categories as one text."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    for record in records:
        categories = record.get("categories")
        flat = {"categories": " ".join(map(str, categories))} if isinstance(categories, list) else {}
        writer.writerow({**record, **flat})
    return text.getvalue()


def write_csv(path: Path, records: Sequence[Record]) -> Path:
    """CSV with a header."""
    path.write_text(csv_text(records), encoding="utf-8", newline="")
    return path


def write_parquet(path: Path, records: Sequence[Record]) -> Path:
    """Parquet with lists of categories."""
    pq.write_table(pa.Table.from_pylist([dict(record) for record in records]), path)
    return path


class Bad(list[BadRecord]):
    """Collects bad records."""

    def __call__(self, record: BadRecord) -> None:
        """Keeps one."""
        self.append(record)

    @property
    def lines(self) -> list[int]:
        """Where they are."""
        return [record.line for record in self]
