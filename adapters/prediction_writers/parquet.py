"""Writes predictions as parquet."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from domain.abstract_batch import TextColumn
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.taxonomy import Taxonomy

ROWS_PER_GROUP = 32_768

_LABEL = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("predictions", pa.list_(pa.struct([("label", _LABEL), ("probability", pa.float32())]))),
    ]
)


class ParquetWriter(PredictionWriter):
    """Writes the columns id and predictions, a list of (label, probability), one row per abstract, unrounded.

    It buffers up to `ROWS_PER_GROUP` rows, because a row group per batch would make many small pieces.
    `metadata` goes into the file, each name after `arxiv_classifier.`.
    """

    def __init__(self, stream: BinaryIO, taxonomy: Taxonomy, metadata: Mapping[str, str] | None = None) -> None:
        self._labels = _texts([str(category) for category in taxonomy])
        named = {f"arxiv_classifier.{name}": text for name, text in (metadata or {}).items()}
        self._writer = pq.ParquetWriter(stream, _SCHEMA.with_metadata(named or None), compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
    ) -> None:
        if len(ids) != len(chosen):
            raise ValueError(f"{len(ids)} ids for {len(chosen)} abstracts")
        labels = pa.DictionaryArray.from_arrays(_numbers(chosen.columns, pa.int32()), self._labels)
        probabilities = _numbers(chosen.probabilities, pa.float32())
        pairs = pa.StructArray.from_arrays([labels, probabilities], ["label", "probability"])
        lists = pa.ListArray.from_arrays(_numbers(chosen.offsets, pa.int32()), pairs)
        self._waiting.append(pa.RecordBatch.from_arrays([_texts(ids), lists], schema=_SCHEMA))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_PER_GROUP:
            self._flush()

    @override
    def finish(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, _SCHEMA), row_group_size=ROWS_PER_GROUP)
            self._waiting.clear()


# pa.array() would import pandas, which takes a second. These two functions build arrays from buffers.


def _numbers(view: memoryview, kind: pa.DataType) -> pa.Array:
    values = np.ascontiguousarray(view, dtype=kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _texts(texts: Sequence[str | None]) -> pa.Array:
    if isinstance(texts, TextColumn):
        return _column(texts)
    # An id may hold half a surrogate pair, which JSON can express and parquet cannot.
    encoded = [(text or "").encode("utf-8", "backslashreplace") for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    present = np.packbits(np.array([text is not None for text in texts], bool), bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _column(texts: TextColumn) -> pa.Array:
    offsets = np.asarray(texts.offsets)
    ends = (offsets - offsets[0]).astype(np.int32)
    present = np.packbits(ends[1:] > ends[:-1], bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(texts.bytes())]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)
