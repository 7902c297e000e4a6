"""The columns of predictions in each layout of parquet."""

from abc import abstractmethod
from typing import Protocol

import numpy as np
import pyarrow as pa
from typing_extensions import override

from adapters.prediction_writers.arrow_arrays import numbers, texts
from domain.chosen_categories import ChosenCategories
from domain.output_form import Layout as Name
from domain.output_form import OutputForm
from domain.taxonomy import Taxonomy

CODED = pa.dictionary(pa.int32(), pa.string())


class Layout(Protocol):
    """Makes the columns of predictions."""

    @abstractmethod
    def fields(self) -> list[pa.Field]:
        """Returns the names and types of the columns."""

    @abstractmethod
    def arrays(self, chosen: ChosenCategories) -> list[pa.Array]:
        """Returns the columns of some abstracts."""

    @abstractmethod
    def rows(self, chosen: ChosenCategories) -> pa.Array | None:
        """Returns the abstract of each row, or None if row i is that of abstract i."""


def layout_of(form: OutputForm, taxonomy: Taxonomy) -> Layout:
    """Returns the layout of a form."""
    if form.layout == Name.COLUMNS:
        return _Columns(taxonomy)
    pairs = _Pairs(taxonomy, named=form.names)
    return _Rows(pairs) if form.layout == Name.ROWS else _Lists(pairs)


def coded(codes: pa.Array, labels: pa.Array) -> pa.Array:
    """Returns the texts that some codes stand for, as a dictionary array."""
    return pa.DictionaryArray.from_arrays(codes, labels)


class _Pairs:
    """The label, probability and perhaps name of each chosen category, one after another."""

    def __init__(self, taxonomy: Taxonomy, *, named: bool) -> None:
        self._labels = texts([str(category) for category in taxonomy])
        self._names = texts([info.name for info in taxonomy.infos]) if named else None

    def fields(self) -> list[pa.Field]:
        found = [pa.field("label", CODED), pa.field("probability", pa.float32())]
        return found if self._names is None else [*found, pa.field("name", CODED)]

    def arrays(self, chosen: ChosenCategories) -> list[pa.Array]:
        codes = numbers(chosen.columns, pa.int32())
        found = [coded(codes, self._labels), numbers(chosen.probabilities, pa.float32())]
        return found if self._names is None else [*found, coded(codes, self._names)]


class _Lists(Layout):
    def __init__(self, pairs: _Pairs) -> None:
        self._pairs = pairs

    @override
    def fields(self) -> list[pa.Field]:
        return [pa.field("predictions", pa.list_(pa.struct(self._pairs.fields())))]

    @override
    def arrays(self, chosen: ChosenCategories) -> list[pa.Array]:
        pairs = pa.StructArray.from_arrays(self._pairs.arrays(chosen), fields=self._pairs.fields())
        return [pa.ListArray.from_arrays(numbers(chosen.offsets, pa.int32()), pairs)]

    @override
    def rows(self, chosen: ChosenCategories) -> pa.Array | None:
        return None


class _Rows(Layout):
    def __init__(self, pairs: _Pairs) -> None:
        self._pairs = pairs

    @override
    def fields(self) -> list[pa.Field]:
        return self._pairs.fields()

    @override
    def arrays(self, chosen: ChosenCategories) -> list[pa.Array]:
        return self._pairs.arrays(chosen)

    @override
    def rows(self, chosen: ChosenCategories) -> pa.Array | None:
        return numbers(_abstracts_of(chosen), pa.int64())


class _Columns(Layout):
    """A category that was not chosen is null. float16 has three decimals: an error of at most 0.00025."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._fields = [
            pa.field(str(info.category), pa.float16(), metadata={"name": info.name}) for info in taxonomy.infos
        ]

    @override
    def fields(self) -> list[pa.Field]:
        return self._fields

    @override
    def arrays(self, chosen: ChosenCategories) -> list[pa.Array]:
        shape = len(self._fields), len(chosen)
        table, present = np.zeros(shape, np.float16), np.zeros(shape, bool)
        place = np.asarray(chosen.columns), _abstracts_of(chosen)
        table[place] = np.asarray(chosen.probabilities)
        present[place] = True
        return [numbers(row, pa.float16(), given) for row, given in zip(table, present, strict=True)]

    @override
    def rows(self, chosen: ChosenCategories) -> pa.Array | None:
        return None


def _abstracts_of(chosen: ChosenCategories) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Returns the abstract of each chosen category."""
    return np.repeat(np.arange(len(chosen)), np.diff(np.asarray(chosen.offsets)))
