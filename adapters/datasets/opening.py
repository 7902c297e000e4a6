"""Opens a source of labelled papers: a file, a folder, or an id on a hub."""

import re
from collections.abc import Sequence
from pathlib import Path

from adapters.datasets.files import PaperFiles
from adapters.datasets.formats import FORMATS, format_of, unknown_format
from adapters.datasets.kaggle_snapshot import KaggleSnapshot
from adapters.datasets.parts import Parts, split_named
from adapters.datasets.reading import AS_IT_IS, Reading
from domain.errors import DatasetUnavailableError, InvalidInputError
from domain.ports.dataset import Dataset

KAGGLE, HUB, HUB_STREAM, SAVED = "kaggle", "hub", "hub-stream", "saved"
SOURCE_FORMATS = (*FORMATS, KAGGLE, HUB, HUB_STREAM, SAVED)
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def open_dataset(reference: str | Path, format: str | None = None, reading: Reading = AS_IT_IS) -> Dataset:
    """Returns the data set in a file, a folder or on the hub. `reading` says how its records are read.

    `format`, one of SOURCE_FORMATS, overrides the guess from the reference. Raises DatasetUnavailableError if the
    source does not exist, and InvalidInputError if its format is unknown.
    """
    if format is not None and format not in SOURCE_FORMATS:
        raise InvalidInputError(f"There is no format {format!r}. Known are {', '.join(SOURCE_FORMATS)}.")
    if not str(reference).strip():
        raise InvalidInputError("The source is empty text. Name a file, a folder or a hub id.")
    path = Path(reference)
    if format in (HUB, HUB_STREAM) or (format is None and not path.exists() and _is_hub_id(str(reference))):
        from adapters.datasets.hugging_face import HuggingFaceDataset

        return HuggingFaceDataset(str(reference), streaming=format == HUB_STREAM, reading=reading)
    if path.is_dir():
        return _folder(path, format, reading)
    if not path.is_file():
        raise DatasetUnavailableError(
            f"There is no file or folder {reference}. Give a path, or a data set of the Hugging Face hub as owner/name."
        )
    if format == KAGGLE or (format is None and KaggleSnapshot.recognises(path)):
        return KaggleSnapshot(path, reading)
    return PaperFiles(str(path), Parts([("", path)]), _formats([path], format), reading)


def _is_hub_id(reference: str) -> bool:
    return bool(_HUB_ID.fullmatch(reference)) and format_of(Path(reference)) is None and reference[0] != "."


def _folder(folder: Path, format: str | None, reading: Reading) -> Dataset:
    from adapters.datasets.saved_folder import SavedFolder

    if format == SAVED or (format is None and SavedFolder.recognises(folder)):
        return SavedFolder(folder, reading)
    # `hf download` puts a data set's parquet files into a folder `data`.
    paths = _papers_in(folder, format) or _papers_in(folder / "data", format)
    if not paths:
        raise InvalidInputError(
            f"The folder {folder} holds no papers. Put parquet, JSONL, CSV, TSV or .xlsx files there, such as "
            "train.parquet."
        )
    stray = [path.name for path in paths if split_named(path.name) is None]
    if stray and len(stray) < len(paths):
        raise InvalidInputError(f"The folder {folder} holds splits, but {stray[0]} is not one. Move that file away.")
    parts = Parts((path.name, path) for path in paths)
    return PaperFiles(str(folder), parts, _formats(paths, format), reading)


def _papers_in(folder: Path, format: str | None) -> list[Path]:
    if not folder.is_dir():
        return []
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return [path for path in files if format_of(path) is not None and format in (None, format_of(path))]


def _formats(paths: Sequence[Path], format: str | None) -> dict[Path, str]:
    found = {path: format or format_of(path) for path in paths}
    for path, known in found.items():
        if known not in FORMATS:
            raise unknown_format(known, str(path))
    return {path: str(known) for path, known in found.items()}
