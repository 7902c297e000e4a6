"""Writes the static page: its files, the model's weights and description, and the service worker last."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from domain.errors import InvalidInputError

WORKER = "service-worker.js"
MODEL, DESCRIPTION = "model.bin", "description.json"
_PLAIN = ("index.html", "page.css", "page.js", "checks.js", "classifier.js", "reading.js")
_NO_FILES = "const FILES = {};"
# An earlier export has it. A folder with these files and without it is someone else's.
_SIGN = "Keeps the page's files in the browser"

Write = Callable[[Path, bytes], None]


def page_files(weights: bytes, description: Mapping[str, object]) -> dict[str, bytes]:
    """Returns the content of each file by its name, the service worker last.

    `weights` is a model in the format `browser`. The same model gives the same bytes.
    """
    own = files("entrypoints.static_page").joinpath("files")
    content = {name: own.joinpath(name).read_bytes() for name in _PLAIN}
    content[MODEL] = gzip.compress(weights, mtime=0)
    content[DESCRIPTION] = json.dumps(description, ensure_ascii=False, separators=(",", ":")).encode()
    worker = own.joinpath(WORKER).read_text("utf-8")
    digests = json.dumps({name: _integrity(each) for name, each in content.items()}, indent=2)
    return {**content, WORKER: worker.replace(_NO_FILES, f"const FILES = {digests};").encode()}


def write_page(folder: Path, content: Mapping[str, bytes], write: Write) -> None:
    """Writes the files into a folder, which is made if it is missing. Its other files stay.

    Raises InvalidInputError if the folder has a file of the same name that no export wrote.
    """
    refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in content.items():
        write(folder / name, each)


def refuse_foreign(folder: Path) -> None:
    """Raises InvalidInputError if an export into the folder would replace a file that is not an earlier export's."""
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file. Name a folder to write the page to.")
    foreign = next(_foreign(folder), None)
    if foreign is not None:
        raise InvalidInputError(f"{folder} has a file {foreign} of something else. Name another folder.")


def _foreign(folder: Path) -> Iterator[str]:
    worker = folder / WORKER
    if not (worker.is_file() and _SIGN in worker.read_text("utf-8", "replace")):
        yield from (name for name in (*_PLAIN, MODEL, DESCRIPTION, WORKER) if (folder / name).exists())


def _integrity(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
