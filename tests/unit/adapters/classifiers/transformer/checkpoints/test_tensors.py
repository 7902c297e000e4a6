"""A checkpoint's weights, from any of the files they come in."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from adapters.classifiers.transformer.checkpoints.tensors import read_tensors
from domain.errors import InvalidInputError
from tests.checkpoints import Form, write_weights

NUMBERS = np.array([[0.5, -2.0, 3.25], [1.0, 0.0, -0.125]], np.float32)


def write_raw(path: Path, header: object, data: bytes) -> None:
    """A safetensors file by its format: the header's length, the header, the numbers."""
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize("form", ["safetensors", "torch_zip", "torch_legacy"])
def test_reads_every_form(tmp_path: Path, form: Form) -> None:
    """Whichever file it is, the tensors come out as they went in."""
    write_weights(tmp_path, {"a.weight": NUMBERS, "ids": np.arange(4)}, form)
    read = read_tensors(tmp_path)
    assert read.keys() == {"a.weight", "ids"}
    np.testing.assert_array_equal(read["a.weight"], NUMBERS, strict=True)
    np.testing.assert_array_equal(read["ids"], np.arange(4), strict=True)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_makes_float32_of_other_floats(tmp_path: Path, kind: type[np.floating]) -> None:
    """Half and double precision become single."""
    save_file({"a": NUMBERS.astype(kind)}, tmp_path / "model.safetensors")
    np.testing.assert_array_equal(read_tensors(tmp_path)["a"], NUMBERS, strict=True)


def test_makes_float32_of_bfloat16(tmp_path: Path) -> None:
    """bfloat16 becomes the float32 of which it is the upper half."""
    data = (NUMBERS.view(np.uint32) >> 16).astype("<u2").tobytes()
    write_raw(tmp_path / "model.safetensors", {"a": _entry("BF16", [2, 3], 0, len(data))}, data)
    np.testing.assert_array_equal(read_tensors(tmp_path)["a"], NUMBERS, strict=True)


def test_what_float32_cannot_hold_is_infinite(tmp_path: Path) -> None:
    """A double beyond float32 is no finite number, which the check of an encoder's tensors refuses."""
    save_file({"a": np.array([1e300])}, tmp_path / "model.safetensors")
    assert np.isinf(read_tensors(tmp_path)["a"]).all()


def test_prefers_safetensors(tmp_path: Path) -> None:
    """If both files are, the one without pickle is read."""
    write_weights(tmp_path, {"safe": NUMBERS}, "safetensors")
    write_weights(tmp_path, {"pickled": NUMBERS}, "torch_zip")
    assert read_tensors(tmp_path).keys() == {"safe"}


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, 4),
        ({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, 8),
        ({"a": {"dtype": "F32", "shape": [1 << 62], "data_offsets": [0, 8]}}, 8),
        ({"a": {"dtype": "F9", "shape": [2], "data_offsets": [0, 8]}}, 8),
        ({"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}, 8),
        ([], 0),
    ],
)
def test_refuses_malformed_safetensors(tmp_path: Path, header: object, size: int) -> None:
    """A file that is truncated or contradicts itself is refused by its path."""
    write_raw(tmp_path / "model.safetensors", header, bytes(size))
    with pytest.raises(InvalidInputError, match=r"model\.safetensors"):
        read_tensors(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"version https://git-lfs.github.com/spec/v1\n"])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_refuses_other_files(tmp_path: Path, name: str, content: bytes) -> None:
    """An empty file, noise, or a pointer where git-lfs has not fetched the weights is refused by its path."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInputError, match=name):
        read_tensors(tmp_path)


def test_refuses_a_folder_without_weights(tmp_path: Path) -> None:
    """The error of a folder without weights lists the files that it may have."""
    with pytest.raises(InvalidInputError, match=r"no weights: neither model\.safetensors nor pytorch_model\.bin"):
        read_tensors(tmp_path)


def test_reads_weights_in_parts(tmp_path: Path) -> None:
    """Weights in several files are put together by their index."""
    save_file({"a": NUMBERS}, tmp_path / "model-00001-of-00002.safetensors")
    save_file({"b": -NUMBERS}, tmp_path / "model-00002-of-00002.safetensors")
    _index(tmp_path, {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"})
    read = read_tensors(tmp_path)
    np.testing.assert_array_equal(read["a"], -read["b"], strict=True)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"a": "part.safetensors", "b": "other.safetensors"}, r"lists the file other\.safetensors"),
        ({"a": "part.safetensors", "b": "part.safetensors"}, "lists the tensor 'b'"),
        ({"a": "../part.safetensors"}, "outside its folder"),
        ({"a": 3}, "not an index"),
        ([], "not an index"),
    ],
)
def test_refuses_a_wrong_index(tmp_path: Path, places: object, message: str) -> None:
    """An index that lists what is not there, or files elsewhere, is refused."""
    save_file({"a": NUMBERS}, tmp_path / "part.safetensors")
    _index(tmp_path, places)
    with pytest.raises(InvalidInputError, match=rf"model\.safetensors\.index\.json .*{message}"):
        read_tensors(tmp_path)


def _entry(kind: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


def _index(folder: Path, places: object) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}), encoding="utf-8")
