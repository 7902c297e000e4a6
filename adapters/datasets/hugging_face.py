"""Labelled papers of the Hugging Face hub, downloaded or streamed."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typing_extensions import override

from adapters.datasets import arrow_rows, json_lines
from adapters.datasets.columns import Columns
from adapters.datasets.parts import Parts
from adapters.datasets.reading import AS_IT_IS, Reading
from adapters.datasets.records import Rows
from domain.errors import DatasetUnavailableError, MissingPackageError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split

DEFAULT_HUB_ID = "TimSchopf/arxiv_categories"


class HuggingFaceDataset(Dataset):
    """A data set of the hub. Nothing is downloaded before its splits or papers are read."""

    def __init__(self, hub_id: str = DEFAULT_HUB_ID, *, streaming: bool = False, reading: Reading = AS_IT_IS) -> None:
        self._hub_id = hub_id
        self._streaming = streaming
        self._reading = reading
        self._reader = reading.reader(hub_id, self._all_rows)
        self._parts: Parts[tuple[str, Any]] | None = None

    @property
    @override
    def name(self) -> str:
        return self._hub_id

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return self._loaded().own_splits

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        return self._read(self._loaded().of(split, self.name), on_bad_record)

    @override
    def fingerprint(self) -> str:
        with self._translated():
            files = self._library().load_dataset_builder(self._hub_id).config.data_files
        # The hub's file names contain the revision, a local copy's metadata the time of its last change.
        marks = [(str(name), list(files[name]), files[name].origin_metadata) for name in sorted(files)]
        return hashlib.sha256(repr(marks).encode()).hexdigest()

    def _read(self, parts: list[tuple[str, Any]], on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for name, part in parts:
            source = f"{self._hub_id}/{name}"
            yield from self._reader.papers(self._rows(part, source), source, on_bad_record)

    def _rows(self, part: Any, source: str) -> Rows:
        with self._translated():
            read = _streamed if self._streaming else _downloaded
            yield from read(part, source, self._reading.labelled)

    def _all_rows(self) -> Rows:
        for name, part in self._loaded().of(None, self.name):
            yield from self._rows(part, f"{self._hub_id}/{name}")

    def _loaded(self) -> Parts[tuple[str, Any]]:
        if self._parts is None:
            library = self._library()
            with self._translated():
                loaded = library.load_dataset(self._hub_id, streaming=self._streaming)
            self._parts = Parts((str(name), (str(name), part)) for name, part in loaded.items())
        return self._parts

    def _library(self) -> Any:
        try:
            import datasets
        except ModuleNotFoundError as error:
            told = f"{self._hub_id} needs the package 'datasets', which is not installed."
            raise MissingPackageError(told, extra="hub") from error
        _quiet()
        return datasets

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _unreachable() as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> DatasetUnavailableError:
        reason = str(error).partition("\n")[0][:200].rstrip(".")
        return DatasetUnavailableError(
            f"The data set {self._hub_id} cannot be loaded from the Hugging Face hub ({reason}). Check its name. "
            f"Without a network, run `hf download {self._hub_id} --repo-type dataset --local-dir papers` "
            "on a machine that has one, and give that folder's path."
        )


def _quiet() -> None:
    """Silences the hub client's messages about each attempt, because one error of this program reports the outcome."""
    if not os.environ.get("HF_HUB_VERBOSITY"):
        from huggingface_hub.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the library's own has no types


def _unreachable() -> tuple[type[Exception], ...]:
    errors: tuple[type[Exception], ...] = (OSError, ValueError, RuntimeError)
    try:
        import httpx  # used by the hub's current client; the older one raised OSError
    except ModuleNotFoundError:
        return errors
    return *errors, httpx.HTTPError


def _downloaded(part: Any, source: str, columns: Columns) -> Rows:
    places = arrow_rows.readable_places(part.features.arrow_schema, columns, source)
    wanted = list(dict.fromkeys(places.values()))
    tables = part.select_columns(wanted).with_format("arrow").iter(batch_size=arrow_rows.BATCH_ROWS)
    return arrow_rows.rows((batch for table in tables for batch in table.to_batches()), places)


def _streamed(part: Any, source: str, columns: Columns) -> Rows:
    places: dict[str, str] = {}
    for line, record in enumerate(part, start=1):
        if line == 1:
            places = columns.places(record)
            if columns.missing(places):
                raise columns.refuse(record, source)
        yield json_lines.row_of(line, record, places)
