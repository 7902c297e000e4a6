"""The ids, titles and categories of indexed papers in an Arrow file, read by row without loading it."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from adapters.paper_index.manifest import REMEDY
from domain.errors import CorruptModelError
from domain.similar_paper import IndexedPaper

_SCHEMA = pa.schema([("id", pa.string()), ("title", pa.string()), ("categories", pa.list_(pa.string()))])
# Large batches, because finding a row takes longer with more batches.
_ROWS_PER_BATCH = 8192


class PapersWriter:
    """Writes papers in the order given."""

    def __init__(self, path: Path) -> None:
        self._waiting: list[IndexedPaper] = []
        self._writer = pa.ipc.new_file(str(path), _SCHEMA)

    def add(self, papers: Sequence[IndexedPaper]) -> None:
        """Adds papers."""
        self._waiting.extend(papers)
        if len(self._waiting) >= _ROWS_PER_BATCH:
            self._flush()

    def close(self) -> None:
        """Writes the remaining papers and the file's end."""
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(_table(self._waiting))
            self._waiting.clear()


class StoredPapers:
    """The papers of a file by row, memory-mapped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with pa.memory_map(str(path)) as file:
                self._table = pa.ipc.open_file(file).read_all()
        except (pa.ArrowException, OSError) as error:
            raise _corrupt(path, error) from error
        if self._table.schema != _SCHEMA:
            raise _corrupt(path, f"its columns are {', '.join(self._table.schema.names)}")

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def at(self, row: int) -> IndexedPaper:
        """Returns the paper of a row, from 0."""
        try:
            (fields,) = self._table.slice(row, 1).to_pylist()
            return IndexedPaper(fields["id"], fields["title"], tuple(fields["categories"]))
        except (ValueError, TypeError) as error:
            raise _corrupt(self._path, error) from error


def _table(papers: Sequence[IndexedPaper]) -> pa.Table:
    columns = {
        "id": [paper.id for paper in papers],
        "title": [paper.title for paper in papers],
        "categories": [list(paper.categories) for paper in papers],
    }
    return pa.table(columns, schema=_SCHEMA)


def _corrupt(path: Path, reason: object) -> CorruptModelError:
    return CorruptModelError(f"{path} cannot be read: {reason}. {REMEDY}")
