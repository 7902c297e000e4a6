"""One paper as a row of the store, and tables of many."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from domain.arxiv_paper import ArxivPaper

# id, title, abstract, categories separated by spaces, month, and both dates in seconds since 1970
Row = tuple[str, str | None, str, str, str, int, int]

_MOMENT = pa.timestamp("s", tz="UTC")
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("categories", pa.list_(pa.string())),
        ("year_month", pa.string()),
        ("submitted", _MOMENT),
        ("updated", _MOMENT),
    ]
)


def row_of(paper: ArxivPaper) -> Row:
    """Returns a paper's row."""
    abstract = paper.paper.abstract
    categories = " ".join(map(str, paper.paper.categories))
    dates = int(paper.submitted.timestamp()), int(paper.updated.timestamp())
    return (paper.id, abstract.title, abstract.text, categories, paper.month, *dates)


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Returns the rows as a table of SCHEMA."""
    ids, titles, abstracts, categories, months, submitted, updated = zip(*rows, strict=True)
    listed = [each.split() for each in categories]
    columns = [
        texts(ids),
        texts(titles),
        texts(abstracts),
        pa.ListArray.from_arrays(_ends(map(len, listed)), texts([each for several in listed for each in several])),
        texts(months),
        _moments(submitted),
        _moments(updated),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def rows_of(batch: pa.RecordBatch) -> Iterator[Row]:
    """Yields the rows of a batch of SCHEMA, whose dates parquet returns in milliseconds."""
    columns = [batch.column(number) for number in range(len(SCHEMA))]
    texts = [column.to_pylist() for column in columns[:5]]
    texts[3] = [" ".join(categories) for categories in texts[3]]
    moments = [column.cast(_MOMENT).cast(pa.int64()).to_pylist() for column in columns[5:]]
    yield from zip(*texts, *moments, strict=True)


# pa.array() would import pandas, which takes a second and 46 MB. These functions build arrays from buffers.


def texts(values: Sequence[str | None]) -> pa.Array:
    """Returns an array of texts."""
    encoded = [(value or "").encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    present = np.packbits(np.array([value is not None for value in values], bool), bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _ends(lengths: Iterable[int]) -> pa.Array:
    ends = np.cumsum([0, *lengths], dtype=np.int32)
    return pa.Array.from_buffers(pa.int32(), len(ends), [None, pa.py_buffer(ends)])


def _moments(seconds: Sequence[int]) -> pa.Array:
    return pa.Array.from_buffers(_MOMENT, len(seconds), [None, pa.py_buffer(np.array(seconds, np.int64))])
