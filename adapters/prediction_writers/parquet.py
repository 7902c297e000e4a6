"""Writes predictions as parquet."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from adapters.prediction_writers.arrow_arrays import numbers, texts, without_views
from adapters.prediction_writers.column_names import refuse_repeated
from adapters.prediction_writers.parquet_layouts import CODED, Layout, coded, layout_of
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.errors import InvalidInputError
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
            fields.append(pa.field("primary", CODED))
        refuse_repeated([field.name for field in (*fields, *self._layout.fields())] + list(form.kept))
        self._first = pa.schema(fields, metadata=named or None)
        self._stream = stream
        self._waiting: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None
        if not form.kept:
            self._begin([])

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
        arrays += self._kept(beside)
        rows = self._layout.rows(chosen)
        if rows is not None:
            arrays = [array.take(rows) for array in arrays]
        self._waiting.append(pa.RecordBatch.from_arrays([*arrays, *self._layout.arrays(chosen)], schema=self._schema))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_PER_GROUP:
            self._flush(ROWS_PER_GROUP)

    @override
    def finish(self) -> None:
        if self._writer is None:
            self._begin([pa.field(name, pa.string()) for name in self._form.kept])
        self._flush(1)
        self._writer.close()  # type: ignore[union-attr]  # it has begun

    def _begin(self, kept: Sequence[pa.Field]) -> None:
        """Begins the file. The types of kept columns are those of the first batch."""
        fields = [*self._first, *kept, *self._layout.fields()]
        self._schema = pa.schema(fields, metadata=self._first.metadata)
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression="zstd")

    def _kept(self, beside: Beside) -> list[pa.Array]:
        if not self._form.kept:
            return []
        batch = pa.record_batch(beside.kept)
        if self._writer is None:
            self._begin([pa.field(field.name, without_views(field.type)) for field in batch.schema])
        try:
            return [
                column.cast(self._schema.field(name).type) for name, column in zip(self._form.kept, batch, strict=True)
            ]
        except pa.ArrowException as error:
            raise InvalidInputError(f"A column to keep has another type in another file: {error}.") from error

    def _flush(self, multiple: int) -> None:
        """Writes waiting rows, a multiple of a number. Bytes must not depend on the sizes of batches."""
        table = pa.Table.from_batches(self._waiting, self._schema)
        count = table.num_rows // multiple * multiple
        if count and self._writer:
            self._writer.write_table(table.slice(0, count).combine_chunks(), row_group_size=ROWS_PER_GROUP)
            self._waiting = table.slice(count).to_batches()
