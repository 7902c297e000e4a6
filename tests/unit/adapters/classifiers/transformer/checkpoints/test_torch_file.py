"""torch's files, read without torch: what torch wrote, and what an attacker might."""

import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from adapters.classifiers.transformer.checkpoints.torch_file import read_torch_file
from domain.errors import InvalidInputError
from tests import torch_files as written
from tests.strategies import examples
from tests.torch_files import call, mapping, named, pickled, plain, storage, tensor_of, tuple_of

FIXTURES = Path(__file__).parents[5] / "fixtures"
Write = Callable[[Path, bytes], None]


def write_zip(path: Path, state: bytes) -> None:
    """A zip of a pickle and one storage, "0", of six numbers."""
    written.write_zip_records(path, {"data.pkl": state, "data/0": np.arange(6, dtype=np.float32).tobytes()})


def write_legacy(path: Path, state: bytes) -> None:
    """The older form of a pickle and one storage, "0", of six numbers."""
    numbers = struct.pack("<q", 6) + np.arange(6, dtype=np.float32).tobytes()
    written.write_legacy_parts(path, state, ["0"], [numbers])


forms = pytest.mark.parametrize("write", [write_zip, write_legacy])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "pytorch_model.bin"


class Attack:
    """Makes a pickle that writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self._marker}",)


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_reads_what_torch_wrote(form: str) -> None:
    """Views, shared storages and every kind of number come out of torch's own files as they went in."""
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    expected = {
        "whole": grid,
        "transposed": grid.T,
        "part": grid[1:, 1:3],
        "half": np.array([0.5, -2], np.float32),
        "brain": np.array([1.5, -3], np.float32),
        "double": np.array([0.25], np.float32),
        "counts": np.arange(3)[np.newaxis],
        "scalar": np.array(7, np.float32),
        "empty": np.zeros((0, 4), np.float32),
        "parameter": np.array([9], np.float32),
    }
    read = read_torch_file(FIXTURES / f"torch_{form}.bin")
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(read[name], tensor, strict=True)


def test_reads_a_big_endian_zip(path: Path) -> None:
    """A zip's byte order is heeded."""
    state = pickled(mapping({"a": tensor_of(storage("0", 2), 0, (2,), (1,))}))
    numbers = np.array([1, 2], dtype=">f4").tobytes()
    written.write_zip_records(path, {"data.pkl": state, "byteorder": b"big", "data/0": numbers})
    assert read_torch_file(path)["a"].tolist() == [1, 2]


@forms
def test_runs_nothing(write: Write, path: Path, tmp_path: Path) -> None:
    """A pickle that would run a command is refused by the name of its global, and the command is not run."""
    marker = tmp_path / "ran"
    write(path, pickle.dumps(Attack(marker), protocol=2))
    with pytest.raises(InvalidInputError, match=r"pytorch_model\.bin .*'(posix|nt)\.system'.*none of it was run"):
        read_torch_file(path)
    assert not marker.exists()


@forms
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_runs_nothing_nested(write: Write, path: Path, tmp_path: Path, protocol: int) -> None:
    """The same holds for a command deep in a state dict, in any protocol of pickle."""
    marker = tmp_path / "ran"
    write(path, pickle.dumps({"layer": [({"weight": Attack(marker)},)]}, protocol=protocol))
    with pytest.raises(InvalidInputError, match="system"):
        read_torch_file(path)
    assert not marker.exists()


@pytest.mark.parametrize("part", range(3))
def test_runs_nothing_beside_the_state(path: Path, tmp_path: Path, part: int) -> None:
    """The older form's other pickles are read as warily."""
    marker = tmp_path / "ran"
    attack = pickle.dumps(Attack(marker), protocol=2)
    heads = [pickle.dumps(head, protocol=2) for head in (written.MAGIC, written.PROTOCOL, {"little_endian": True})]
    path.write_bytes(b"".join([*heads[:part], attack, *heads[part + 1 :]]))
    with pytest.raises(InvalidInputError, match="system"):
        read_torch_file(path)
    assert not marker.exists()


@forms
@pytest.mark.parametrize(
    ("module", "name"),
    [("builtins", "eval"), ("torch", "load"), ("torch.nn.modules.linear", "Linear"), ("collections", "Counter")],
)
def test_refuses_other_globals(write: Write, path: Path, module: str, name: str) -> None:
    """Whatever does not describe a tensor is refused, a whole pickled module too."""
    write(path, pickled(mapping({"a": call(named(module, name), b")")})))
    with pytest.raises(InvalidInputError, match=f"{module}.{name}"):
        read_torch_file(path)


@forms
def test_leaves_no_trace_of_a_pickle(write: Write, path: Path) -> None:
    """A pickle that sets attributes of what it is given is refused, and the next file is read as ever."""
    rebuild = named("torch._utils", "_rebuild_tensor_v2")
    write(path, pickled(rebuild + plain({"__call__": 1}) + pickle.BUILD))
    with pytest.raises(InvalidInputError, match="broken"):
        read_torch_file(path)
    assert read_torch_file(FIXTURES / "torch_zip.bin")["scalar"] == 7


@forms
@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (0, (7,), (1,)),
        (1, (6,), (1,)),
        (0, (2, 3), (4, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (1 << 40,), (0,)),
        (0, (1 << 40, 1 << 40), (1, 1)),
        (1 << 70, (1,), (1,)),
        (0, (2, 3), (1,)),
        (0, (1,) * 70, (1,) * 70),
    ],
)
def test_refuses_tensors_outside_their_storage(
    write: Write, path: Path, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    """No offset, size or stride reads beside a storage or allocates more than it has."""
    held = storage("0", 6, legacy=write is write_legacy)
    write(path, pickled(mapping({"a": tensor_of(held, offset, size, stride)})))
    with pytest.raises(InvalidInputError, match=r"pytorch_model\.bin cannot be read: .*a tensor"):
        read_torch_file(path)


@forms
@pytest.mark.parametrize("numel", [5, 7, 1 << 40])
def test_refuses_storages_of_another_length(write: Write, path: Path, numel: int) -> None:
    """A storage that is not as long as its tensors say is refused before anything is allocated."""
    held = storage("0", numel, legacy=write is write_legacy)
    write(path, pickled(mapping({"a": tensor_of(held, 0, (numel,), (1,))})))
    with pytest.raises(InvalidInputError, match="storage '0'"):
        read_torch_file(path)


@forms
def test_refuses_numbers_shared_too_often(write: Write, path: Path) -> None:
    """Tensors cannot multiply a file's numbers without end."""
    held = storage("0", 6, legacy=write is write_legacy)
    write(path, pickled(mapping({f"t{index}": tensor_of(held, 0, (6,), (1,)) for index in range(50)})))
    with pytest.raises(InvalidInputError, match="share their numbers"):
        read_torch_file(path)


@forms
@pytest.mark.parametrize(
    "state",
    [
        plain([1, 2]),
        mapping({"epoch": plain(3)}),
        mapping({"state_dict": mapping({})}),
        call(named("torch._utils", "_rebuild_parameter"), tuple_of(plain(1), plain(False), mapping({}))),
        tensor_of(plain("storage"), 0, (1,), (1,)),
        tuple_of(plain("storage"), plain("FloatStorage"), plain("0"), plain("cpu"), plain(6)) + pickle.BINPERSID,
        tuple_of(plain("module"), plain(1)) + pickle.BINPERSID,
        call(plain(1), b")"),
        pickle.LONG_BINPUT + b"\xff\xff\xff\xff",
        pickle.BINUNICODE8 + struct.pack("<Q", 1 << 60) + b"x",
        pickle.EXT1 + b"\x01",
        pickle.EMPTY_DICT + pickle.NONE + pickle.TUPLE1 * 1_000_000 + pickle.NONE + pickle.SETITEM,
        pickle.EMPTY_DICT + plain(("a", "b")) + pickle.NONE + pickle.SETITEM,
        b"\xff\xff",
        b"",
    ],
)
def test_refuses_what_is_no_state_dict(write: Write, path: Path, state: bytes) -> None:
    """Other objects and broken pickles are errors with the file's name."""
    write(path, pickled(state))
    with pytest.raises(InvalidInputError, match=r"pytorch_model\.bin cannot be read"):
        read_torch_file(path)


@forms
def test_refuses_a_wild_memo(write: Write, path: Path) -> None:
    """A pickle that would have the unpickler allocate room for billions of objects is refused before it is loaded."""
    write(path, pickled(mapping({}) + pickle.LONG_BINPUT + b"\xff\xff\xff\xff"))
    with pytest.raises(InvalidInputError, match="numbers its objects wildly"):
        read_torch_file(path)


def test_refuses_a_missing_storage(path: Path) -> None:
    """A zip without a storage that a tensor is in names the record it misses."""
    written.write_zip_records(path, {"data.pkl": pickled(mapping({"a": tensor_of(storage("9", 6), 0, (6,), (1,))}))})
    with pytest.raises(InvalidInputError, match="data/9"):
        read_torch_file(path)


def test_refuses_a_compressed_zip(path: Path) -> None:
    """A zip that would unpack to more than its own length is refused."""
    records = {"data.pkl": pickled(mapping({})), "data/0": bytes(1_000_000)}
    written.write_zip_records(path, records, zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidInputError, match="it is a compressed zip"):
        read_torch_file(path)


def test_refuses_another_zip(path: Path) -> None:
    """A zip that torch did not write is refused."""
    written.write_zip_records(path, {"readme.txt": b"hello"})
    with pytest.raises(InvalidInputError, match="torch did not write"):
        read_torch_file(path)


def test_refuses_overlapping_records(path: Path) -> None:
    """Records that claim more bytes than the file has are refused."""
    write_zip(path, pickled(mapping({})))
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = struct.pack("<II", 1 << 30, 1 << 30)
    path.write_bytes(data)
    with pytest.raises(InvalidInputError, match="longer than the file"):
        read_torch_file(path)


@pytest.mark.parametrize("form", ["zip", "legacy"])
@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1, exclude_max=True))
def test_refuses_truncated_files(path: Path, form: str, cut: float) -> None:
    """A file that ends anywhere too early is refused."""
    data = (FIXTURES / f"torch_{form}.bin").read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(InvalidInputError, match=r"pytorch_model\.bin cannot be read"):
        read_torch_file(path)


@pytest.mark.parametrize("form", ["zip", "legacy"])
@examples(300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), values=st.binary(min_size=1, max_size=8))
def test_survives_altered_files(path: Path, form: str, place: float, values: bytes) -> None:
    """A file altered anywhere is read or refused. No other error comes of it."""
    data = bytearray((FIXTURES / f"torch_{form}.bin").read_bytes())
    start = int(place * len(data))
    data[start : start + len(values)] = values
    path.write_bytes(data)
    try:
        read_torch_file(path)
    except InvalidInputError as error:
        assert "pytorch_model.bin" in str(error)
