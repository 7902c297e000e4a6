"""Folders written by Hugging Face's `save_to_disk`, read with Arrow alone, without an extra and its import of 2 s."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from typing_extensions import override

from adapters.datasets import arrow_rows
from adapters.datasets.columns import Columns
from adapters.datasets.file_fingerprint import fingerprint_of_files
from adapters.datasets.parts import Parts
from adapters.datasets.reading import AS_IT_IS, Reading
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split

_SPLITS_FILE = "dataset_dict.json"
_STATE_FILE = "state.json"


class SavedFolder(Dataset):
    """One data set, or one per split, in Arrow files with a list of them."""

    def __init__(self, folder: Path, reading: Reading = AS_IT_IS) -> None:
        self._folder = folder
        self._reading = reading
        self._parts = _parts(folder)
        self._reader = reading.reader(str(folder), self._rows)

    @staticmethod
    def recognises(folder: Path) -> bool:
        """Returns whether `save_to_disk` wrote this folder."""
        return (folder / _SPLITS_FILE).is_file() or (folder / _STATE_FILE).is_file()

    @property
    @override
    def name(self) -> str:
        return str(self._folder)

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return self._parts.own_splits

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        return self._read(self._parts.of(split, self.name), on_bad_record)

    @override
    def fingerprint(self) -> str:
        return fingerprint_of_files((str(split), path) for split, part in self._parts for path in _arrow_files(part))

    def _read(self, parts: list[Path], on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for part in parts:
            yield from self._reader.papers(_rows(part, self._reading.labelled), str(part), on_bad_record)

    def _rows(self) -> Rows:
        for part in self._parts.of(None, self.name):
            yield from _rows(part, self._reading.labelled)


def _parts(folder: Path) -> Parts[Path]:
    if not (folder / _SPLITS_FILE).is_file():
        return Parts([("", folder)])
    names = _json(folder / _SPLITS_FILE).get("splits", [])
    if not isinstance(names, list):
        raise InvalidInputError(f"{folder / _SPLITS_FILE} lists no splits. Write the folder again.")
    return Parts((str(name), folder / str(name)) for name in names)


def _rows(part: Path, columns: Columns) -> Rows:
    return arrow_rows.numbered(_batches(part, columns))


def _batches(part: Path, columns: Columns) -> Iterator[tuple[pa.RecordBatch, dict[str, str]]]:
    for path in _arrow_files(part):
        try:
            with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
                places = arrow_rows.readable_places(stream.schema, columns, str(part))
                for batch in stream:
                    yield batch, places
        except (pa.ArrowException, OSError) as error:
            raise InvalidInputError(
                f"{path} is missing, damaged or cut short ({error}). Write the folder again."
            ) from error


def _arrow_files(part: Path) -> list[Path]:
    listed = _json(part / _STATE_FILE).get("_data_files", [])
    if not isinstance(listed, list):
        raise InvalidInputError(f"{part / _STATE_FILE} lists no data files. Write the folder again.")
    return [part / str(each["filename"]) for each in listed]


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} cannot be read ({error}). Write the folder again.") from error
    return content if isinstance(content, dict) else {}
