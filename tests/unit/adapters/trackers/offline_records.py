"""Reads back what Weights & Biases wrote for a run that is to be uploaded later."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BLOCK = 32 * 1024  # the file is a LevelDB log after a header of seven bytes
_FIRST, _LAST = 2, 4


def run_files(folder: Path) -> list[Path]:
    """The record files under a tracker's folder, one per run."""
    return sorted(folder.rglob("run-*.wandb"))


def records(path: Path) -> Iterator[Any]:
    """The records of a run, in order."""
    from wandb.proto import wandb_internal_pb2

    for message in _messages(path.read_bytes()):
        record = wandb_internal_pb2.Record()  # type: ignore[attr-defined]  # made when it is imported
        record.ParseFromString(message)
        yield record


def values(items: Any) -> dict[str, Any]:
    """The keys and values of a record's items."""
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}


def _messages(content: bytes) -> Iterator[bytes]:
    place, parts = 7, b""
    while place + 7 <= len(content):
        left = _BLOCK - place % _BLOCK
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, place)
        parts = (b"" if kind <= _FIRST else parts) + content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, _LAST):
            yield parts
