"""Unpickles state dicts that `torch.save` wrote, with only the globals that describe tensors.

Each of those few globals is replaced by a stand-in of this file. A pickle cannot change a stand-in (no `__dict__`, and
no `__setstate__` that stores anything), so reading one file does not affect the next.
"""

import io
import math
import pickle
import pickletools
import warnings
from typing import Any, NamedTuple

from typing_extensions import override


class MalformedFileError(Exception):
    """A file that is not a state dict of `torch.save`. The message says what is wrong without naming the file."""


class Storage(NamedTuple):
    """A sequence of numbers in the file: torch's name of its type, its key and its length."""

    kind: str
    key: str
    numel: int


class TensorView(NamedTuple):
    """A tensor as a view within a storage. Offset and strides count numbers."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


# torch's storages and numpy's types. numpy has no bfloat16, so its bits are read as unsigned integers.
BFLOAT16 = "BFloat16Storage"
STORAGE_TYPES = {
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    BFLOAT16: "u2",
    "DoubleStorage": "f8",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "u1",
}


def unpickle(stream: io.BytesIO) -> Any:
    """Returns the next object in a stream, made of plain types and TensorViews. The stream is left after it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of escapes that only altered pickles have
            return _Unpickler(io.BytesIO(_scanned(stream)), encoding="utf-8").load()
    except _BROKEN as error:
        raise MalformedFileError(f"its pickle is broken: {str(error)[:200]}") from error


# The errors that the unpickler raises for a truncated or altered pickle.
_BROKEN = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    Warning,
)
_LONGEST = 1 << 26  # bytes of a pickle; a state dict of a thousand tensors has 200 kB
_MOST_TUPLES = 10_000  # a tensor has four; Python crashes when it hashes 200,000 nested tuples
_MOST_DIMENSIONS = 8


def _scanned(stream: io.BytesIO) -> bytes:
    """Returns the next pickle after checking that no opcode allocates or nests without bounds."""
    start, tuples = stream.tell(), 0
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        tuples += opcode.name.startswith("TUPLE")
        if stream.tell() - start > _LONGEST or tuples > _MOST_TUPLES:
            raise MalformedFileError("its pickle is longer than any encoder's")
        if opcode.name.endswith("PUT") and (argument or 0) > count:
            raise MalformedFileError(f"its pickle numbers its objects wildly ({argument})")
        if opcode.name.startswith("EXT"):
            raise MalformedFileError("its pickle uses registered extensions")
    length = stream.tell() - start
    stream.seek(start)
    return stream.read(length)


class _Mapping(dict[Any, Any]):
    """The stand-in for OrderedDict. It drops the attributes (`_metadata`) that torch gives a state dict."""

    def __setstate__(self, _state: object) -> None: ...


class _NewMapping:
    __slots__ = ()

    def __call__(self, *items: Any) -> _Mapping:
        return _Mapping(*items)


class _NewSize:
    __slots__ = ()

    def __call__(self, size: object) -> tuple[int, ...]:
        return _counts(size, "size")


class _RebuildTensor:
    __slots__ = ()

    def __call__(self, storage: object, offset: object, size: object, stride: object, *_flags: object) -> TensorView:
        if not isinstance(storage, Storage):
            raise MalformedFileError("a tensor has no storage")
        view = TensorView(storage, _count(offset, "offset"), _counts(size, "size"), _counts(stride, "stride"))
        _refuse_leaving(view)
        return view


class _RebuildParameter:
    __slots__ = ()

    def __call__(self, tensor: object, *_flags: object) -> TensorView:
        if not isinstance(tensor, TensorView):
            raise MalformedFileError("a parameter has no tensor")
        return tensor


class _StorageKind(NamedTuple):
    name: str


_STAND_INS: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): _NewMapping(),
    ("torch", "Size"): _NewSize(),
    ("torch._utils", "_rebuild_tensor"): _RebuildTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch._utils", "_rebuild_parameter"): _RebuildParameter(),
    **{("torch", kind): _StorageKind(kind) for kind in STORAGE_TYPES},
}


class _Unpickler(pickle.Unpickler):
    @override
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in _STAND_INS:
            raise MalformedFileError(
                f"it asks for {f'{module_name}.{global_name}'[:200]!r}, which no tensor needs; none of it was run"
            )
        return _STAND_INS[module_name, global_name]

    @override
    def persistent_load(self, pid: Any, /) -> Storage:
        match pid:
            # The older form may describe a part of another storage, which files since 2017 do not have.
            case ("storage", _StorageKind(kind), str(key), str(), numel, *view) if view in ([], [None]):
                return Storage(kind, key, _count(numel, "storage"))
        raise MalformedFileError("a storage is described in an unknown way")


def _count(value: object, what: str) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 62:
        raise MalformedFileError(f"a tensor's {what} is not a count")
    return value


def _counts(values: object, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple) or len(values) > _MOST_DIMENSIONS:
        raise MalformedFileError(f"a tensor's {what} is not a short tuple")
    return tuple(_count(value, what) for value in values)


def _refuse_leaving(view: TensorView) -> None:
    if len(view.size) != len(view.stride):
        raise MalformedFileError("a tensor has more or fewer strides than dimensions")
    numel = math.prod(view.size)
    last = view.offset + sum((n - 1) * stride for n, stride in zip(view.size, view.stride, strict=True))
    if numel and (last >= view.storage.numel or numel > view.storage.numel):
        raise MalformedFileError(f"a tensor of {numel} numbers leaves its storage of {view.storage.numel}")
