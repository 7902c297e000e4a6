"""Reads the tensors of torch's files without torch, and without running code from the file.

It reads both formats: the zip that torch 1.6 and later write, and the older sequence of pickles and storages
(torch/serialization.py, `_save` and `_legacy_save`).
"""

import io
import math
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided

from adapters.classifiers.transformer.checkpoints.torch_pickle import (
    BFLOAT16,
    STORAGE_TYPES,
    MalformedFileError,
    Storage,
    TensorView,
    unpickle,
)
from adapters.classifiers.transformer.float32 import in_float32
from domain.errors import InvalidInputError

Tensors = dict[str, np.ndarray]


def read_torch_file(path: Path) -> Tensors:
    """Returns the tensors of a state dict that `torch.save` wrote, read-only. Floating point becomes float32.

    Raises InvalidInputError, with the file's name, for a truncated, malformed or hostile file. No code of it is run.
    """
    try:
        with path.open("rb") as file:
            is_zip = file.read(len(_ZIP)) == _ZIP
        return _read_zip(path) if is_zip else _read_legacy(path.read_bytes())
    except (MalformedFileError, OSError, *_BROKEN_ZIP) as error:
        raise InvalidInputError(
            f"{path} cannot be read: {error}. Fetch the checkpoint again, or give one with model.safetensors."
        ) from error


# The errors of zipfile. Encrypted records and unknown methods raise built-in errors.
_BROKEN_ZIP = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, struct.error)
_ZIP = b"PK\x03\x04"
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_MOST_RECORDS = 100_000
_SHARING = 4  # how often a number may be shared on average; BERT's tied embeddings stay below two


def _read_zip(path: Path) -> Tensors:
    with zipfile.ZipFile(path) as archive:
        records = _records(archive, path.stat().st_size)
        views = _views(unpickle(io.BytesIO(archive.read(_record(records, "data.pkl")))))
        order = archive.read(records["byteorder"]) if "byteorder" in records else b"little"
        if order not in (b"little", b"big"):
            raise MalformedFileError("its byte order is neither little nor big")
        raw = {key: archive.read(_record(records, f"data/{key}")) for key in _storages(views)}
    return _tensors(views, raw, "<" if order == b"little" else ">")


def _records(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Returns the records by their names in torch's folder, after checking that none is compressed or too long."""
    infos = archive.infolist()
    folders = [info.filename.removesuffix("data.pkl") for info in infos if info.filename.endswith("/data.pkl")]
    if len(folders) != 1 or len(infos) > _MOST_RECORDS:
        raise MalformedFileError("it is a zip that torch did not write, without one data.pkl")
    if any(info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size for info in infos):
        raise MalformedFileError("it is a compressed zip, which torch does not write")
    if sum(info.file_size for info in infos) > size:
        raise MalformedFileError("its records are longer than the file")
    return {info.filename.removeprefix(folders[0]): info for info in infos}


def _record(records: Mapping[str, zipfile.ZipInfo], name: str) -> zipfile.ZipInfo:
    if name not in records:
        raise MalformedFileError(f"its record {name[:200]!r} is missing")
    return records[name]


def _read_legacy(data: bytes) -> Tensors:
    stream = io.BytesIO(data)
    if unpickle(stream) != _MAGIC or unpickle(stream) != _PROTOCOL:
        raise MalformedFileError("it does not begin like a file of torch")
    match unpickle(stream):
        case {"little_endian": True}:
            views = _views(unpickle(stream))
            return _tensors(views, _legacy_storages(data, stream, _storages(views)), "<")
    raise MalformedFileError("it was not written on a little-endian machine")


def _legacy_storages(data: bytes, stream: io.BytesIO, storages: Mapping[str, Storage]) -> dict[str, memoryview]:
    keys = unpickle(stream)
    if not isinstance(keys, list) or not all(isinstance(key, str) and key in storages for key in keys):
        raise MalformedFileError("its list of storages does not fit its tensors")
    raw: dict[str, memoryview] = {}
    position, buffer = stream.tell(), memoryview(data)
    for key in keys:
        numel = int.from_bytes(buffer[position : position + 8], "little")
        if numel != storages[key].numel:
            raise MalformedFileError(f"its storage {key[:200]!r} does not have the length that its tensors need")
        position += 8
        raw[key] = buffer[position : position + _bytes(storages[key])]
        position += _bytes(storages[key])
    return raw


def _views(state: object) -> dict[str, TensorView]:
    if not isinstance(state, dict):
        raise MalformedFileError("it does not hold a state dict")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, TensorView):
            shown = repr(name[:200]) if isinstance(name, str) else "without a name"
            raise MalformedFileError(f"its entry {shown} is not a tensor")
    return state


def _storages(views: Mapping[str, TensorView]) -> dict[str, Storage]:
    storages = {view.storage.key: view.storage for view in views.values()}
    if any(view.storage != storages[view.storage.key] for view in views.values()):
        raise MalformedFileError("its tensors do not agree on the storage they share")
    if sum(math.prod(view.size) for view in views.values()) > _SHARING * sum(s.numel for s in storages.values()):
        raise MalformedFileError("its tensors share their numbers more often than a model's do")
    return storages


def _tensors(views: Mapping[str, TensorView], raw: Mapping[str, bytes | memoryview], order: str) -> Tensors:
    numbers = {key: _numbers(storage, raw, order) for key, storage in _storages(views).items()}
    return {name: _tensor(view, numbers[view.storage.key]) for name, view in views.items()}


def _numbers(storage: Storage, raw: Mapping[str, bytes | memoryview], order: str) -> np.ndarray:
    data = raw.get(storage.key, b"")
    if len(data) != _bytes(storage):
        raise MalformedFileError(f"its storage {storage.key[:200]!r} is truncated or does not fit its tensors")
    numbers: np.ndarray = np.ndarray(storage.numel, order + STORAGE_TYPES[storage.kind], buffer=data)
    return in_float32(numbers, bfloat16=storage.kind == BFLOAT16)


def _bytes(storage: Storage) -> int:
    return storage.numel * np.dtype(STORAGE_TYPES[storage.kind]).itemsize


def _tensor(view: TensorView, numbers: np.ndarray) -> np.ndarray:
    """Returns the view as an array, copied only if its numbers are not contiguous. Its bounds were checked before."""
    strides = [stride * numbers.itemsize for stride in view.stride]
    return np.asarray(as_strided(numbers[view.offset :], view.size, strides, writeable=False), order="C")
