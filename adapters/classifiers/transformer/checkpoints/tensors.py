"""Reads a checkpoint's weights as numpy arrays, from safetensors or from torch's own files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from adapters.classifiers.transformer.checkpoints.torch_file import read_torch_file
from adapters.classifiers.transformer.float32 import in_float32
from domain.errors import InvalidInputError

SAFETENSORS, TORCH = "model.safetensors", "pytorch_model.bin"
INDEX = ".index.json"  # the suffix of the list of parts, for weights in several files

Tensors = dict[str, np.ndarray]


def read_tensors(folder: Path) -> Tensors:
    """Returns the tensors in a checkpoint's folder under their names in the file. Floating point becomes float32.

    Reads model.safetensors, or else pytorch_model.bin, each whole or in parts listed by an index. Raises
    InvalidInputError, with the file's name, for weights that are missing, truncated or altered.
    """
    readers: dict[str, Callable[[Path], Tensors]] = {SAFETENSORS: read_safetensors, TORCH: read_torch_file}
    for name, read in readers.items():
        if (folder / name).is_file():
            return read(folder / name)
        if (folder / (name + INDEX)).is_file():
            return _read_parts(folder / (name + INDEX), read)
    raise InvalidInputError(f"The folder {folder} has no weights: neither {SAFETENSORS} nor {TORCH}.")


def read_safetensors(path: Path) -> Tensors:
    """Returns the tensors of one safetensors file. Floating point becomes float32."""
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]  # its stub has no types
    except (OSError, SafetensorError) as error:
        raise InvalidInputError(f"{path} is not readable safetensors ({error}). Fetch the checkpoint again.") from error
    return {name: _array(entry, f"{path}, tensor {name!r}") for name, entry in entries}


_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I8": "i1", "U8": "u1"}


def _array(entry: dict[str, Any], name: str) -> np.ndarray:
    kind = entry["dtype"]
    if kind not in _KINDS:
        raise InvalidInputError(f"{name} is of type {kind}; only {', '.join(_KINDS)} can be read.")
    numbers: np.ndarray = np.ndarray(entry["shape"], _KINDS[kind], buffer=entry["data"])
    return in_float32(numbers, bfloat16=kind == "BF16")


def _read_parts(index: Path, read: Callable[[Path], Tensors]) -> Tensors:
    places = _places(index)
    found: Tensors = {}
    for part in sorted(set(places.values())):
        if not (index.parent / part).is_file():
            raise InvalidInputError(f"{index} lists the file {part}, which is not beside it. Fetch it too.")
        found |= read(index.parent / part)
    missing = sorted(places.keys() - found.keys())
    if missing:
        raise InvalidInputError(f"{index} lists the tensor {missing[0]!r}, which is in none of its files.")
    return found


def _places(index: Path) -> dict[str, str]:
    try:
        places = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        if all(Path(part).name == part for part in places.values()):
            return dict(places)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            f"{index} is not an index of weights ({error!r}). Fetch the checkpoint again."
        ) from error
    raise InvalidInputError(f"{index} lists files outside its folder. Fetch the checkpoint again.")
