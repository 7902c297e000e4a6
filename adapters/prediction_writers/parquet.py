"""Writes predictions as parquet."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from adapters.prediction_writers.arrow_arrays import numbers, texts
from adapters.prediction_writers.column_names import refuse_repeated
from adapters.prediction_writers.parquet_layouts import Layout, coded, layout_of
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.output_form import NOTHING_BESIDE, PLAIN, Beside, OutputForm
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.taxonomy import Taxonomy

ROWS_PER_GROUP = 32_768


class ParquetWriter(PredictionWriter):
    """Writes the column id and the columns of a layout, unrounded but for layout `columns`.

    It buffers up to `ROWS_PER_GROUP` rows, because a row group per batch would make many small pieces.
    `metadata` goes into the file, each name after `arxiv_classifier.`.
    """

    def __init__(
        self,
        stream: BinaryIO,
        taxonomy: Taxonomy,
        metadata: Mapping[str, str] | None = None,
        *,
        form: OutputForm = PLAIN,
    ) -> None:
        self._layout: Layout = layout_of(form, taxonomy)
        self._labels = texts([str(category) for category in taxonomy])
        self._form = form
        named = {f"arxiv_classifier.{name}": text for name, text in (metadata or {}).items()}
        fields = [pa.field("id", pa.string())]
        if form.primary:
            fields.append(pa.field("primary", pa.dictionary(pa.int32(), pa.string())))
        fields += self._layout.fields()
        refuse_repeated(field.name for field in fields)
        self._schema = pa.schema(fields).with_metadata(named or None)
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        if len(ids) != len(chosen):
            raise ValueError(f"{len(ids)} ids for {len(chosen)} abstracts")
        arrays = [texts(ids)]
        if self._form.primary:
            arrays.append(coded(numbers(beside.primaries or memoryview(b""), pa.int32()), self._labels))
        rows = self._layout.rows(chosen)
        if rows is not None:
            arrays = [array.take(rows) for array in arrays]
        self._waiting.append(pa.RecordBatch.from_arrays([*arrays, *self._layout.arrays(chosen)], schema=self._schema))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_PER_GROUP:
            self._flush()

    @override
    def finish(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema), row_group_size=ROWS_PER_GROUP)
            self._waiting.clear()
