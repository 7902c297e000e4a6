"""Writes torch's two file formats without torch: the pickle's opcodes are put down one by one."""

import pickle
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"<f4": "FloatStorage", "<f2": "HalfStorage", "<f8": "DoubleStorage", "<i8": "LongStorage"}


def write_zip(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes the form of torch 1.6 and later: a zip of data.pkl and one entry a storage."""
    records = {f"data/{index}": tensor.tobytes() for index, tensor in enumerate(tensors.values())}
    write_zip_records(path, {"data.pkl": state_dict(tensors), "byteorder": b"little", "version": b"3\n", **records})


def write_zip_records(path: Path, records: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """Writes a zip of records under the folder that torch names them in."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in records.items():
            archive.writestr(f"archive/{name}", data)


def write_legacy(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes the form before torch 1.6: five pickles, then the storages, each behind its number of elements."""
    storages = [struct.pack("<q", tensor.size) + tensor.tobytes() for tensor in tensors.values()]
    write_legacy_parts(path, state_dict(tensors, legacy=True), [str(key) for key in range(len(tensors))], storages)


def write_legacy_parts(path: Path, state: bytes, keys: Sequence[str], storages: Sequence[bytes]) -> None:
    """Writes the older form from the pickle of the state and the storages with their keys."""
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": sizes}
    heads = [pickle.dumps(head, protocol=2) for head in (MAGIC, PROTOCOL, system)]
    path.write_bytes(b"".join([*heads, state, pickle.dumps(list(keys), protocol=2), *storages]))


def state_dict(tensors: Mapping[str, np.ndarray], *, legacy: bool = False) -> bytes:
    """The pickle of a state dict whose storages are numbered in the order of its tensors."""
    return pickled(mapping({name: _whole(tensor, key, legacy) for key, (name, tensor) in enumerate(tensors.items())}))


def pickled(body: bytes) -> bytes:
    """A whole pickle of protocol 2 around one object."""
    return pickle.PROTO + b"\x02" + body + pickle.STOP


def mapping(values: Mapping[str, bytes]) -> bytes:
    """An OrderedDict of objects already put down."""
    items = b"".join(plain(name) + value for name, value in values.items())
    return call(named("collections", "OrderedDict"), b")") + pickle.MARK + items + pickle.SETITEMS


def tensor_of(storage: bytes, offset: int, size: Sequence[int], stride: Sequence[int]) -> bytes:
    """Returns torch's pickled form of a tensor: a call that rebuilds it from its storage."""
    parts = [storage, plain(offset), plain(tuple(size)), plain(tuple(stride)), plain(False), mapping({})]
    return call(named("torch._utils", "_rebuild_tensor_v2"), tuple_of(*parts))


def storage(key: str, numel: int, kind: str = "FloatStorage", *, legacy: bool = False) -> bytes:
    """Returns torch's pickled form of a storage: a persistent identifier, longer by one in the older form."""
    parts = [plain("storage"), named("torch", kind), plain(key), plain("cpu"), plain(numel)]
    return tuple_of(*parts, *([plain(None)] if legacy else [])) + pickle.BINPERSID


def named(module: str, name: str) -> bytes:
    """A global by its module and name, which need not exist."""
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def call(function: bytes, arguments: bytes) -> bytes:
    """A call of a function with a tuple of arguments."""
    return function + arguments + pickle.REDUCE


def tuple_of(*parts: bytes) -> bytes:
    """A tuple of objects already put down."""
    return pickle.MARK + b"".join(parts) + pickle.TUPLE


def plain(value: object) -> bytes:
    """The opcodes of a value made of Python's own types."""
    return pickle.dumps(value, protocol=2)[2:-1]


def _whole(tensor: np.ndarray, key: int, legacy: bool) -> bytes:
    strides = [stride // tensor.itemsize for stride in np.ascontiguousarray(tensor).strides]
    held = storage(str(key), tensor.size, _STORAGES[tensor.dtype.str], legacy=legacy)
    return tensor_of(held, 0, tensor.shape, strides)
