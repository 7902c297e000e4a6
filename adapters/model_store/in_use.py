"""Stores the choice of model in use in the file `in-use.json` among the artifacts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from typing_extensions import override

from adapters.files.whole import write_whole
from domain.errors import ConfigurationError
from domain.model_in_use import ModelInUse
from domain.ports.model_in_use import ModelInUseStore

FILE = "in-use.json"
_REMEDY = "Run `arxiv-classifier models use --shipped`, or `models use` with a model."


class ModelInUseFile(ModelInUseStore):
    """A JSON file with `model` and `kind`. Each change replaces the whole file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @property
    @override
    def place(self) -> str:
        return str(self._path)

    @override
    def get(self) -> ModelInUse | None:
        try:
            self._refuse_other_than_file()
            document = json.loads(self._path.read_bytes())
            return ModelInUse(_text(document, "model"), _text(document, "kind"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be read: {error.strerror}. {_REMEDY}") from error
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{self._path} does not say which model is in use: {error}. {_REMEDY}") from error

    @override
    def use(self, model: ModelInUse) -> None:
        text = json.dumps({"model": model.reference, "kind": model.kind}, indent=1, ensure_ascii=False) + "\n"
        with self._translated():
            self._refuse_other_than_file()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, text.encode())

    @override
    def use_shipped(self) -> None:
        with self._translated(), suppress(FileNotFoundError, NotADirectoryError):
            self._refuse_other_than_file()
            self._path.unlink()

    def _refuse_other_than_file(self) -> None:
        """Raises ConfigurationError if the path is a folder, or a pipe or device, whose reading would block."""
        if self._path.exists() and not self._path.is_file():
            what = "a folder" if self._path.is_dir() else "a pipe or device"
            raise ConfigurationError(
                f"{self._path}, which says which model is in use, is {what} and no file. Delete it or rename it."
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigurationError(
                f"Which model is in use cannot be kept in {self._path}: {error.strerror or error}. "
                "Free space there, or set ARXIV_CLASSIFIER_ARTIFACTS to another folder."
            ) from error


def _text(document: object, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str) or not value:
        raise ValueError(f"it has no text for {name!r}")
    return value
