"""Arrays of a training on disk."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.learning.array_files import ArrayFiles, array_files
from domain.errors import ArxivClassifierError


@pytest.fixture
def files(tmp_path: Path) -> Iterator[ArrayFiles]:
    """Files in the temporary folder, closed at the end."""
    with closing(ArrayFiles(tmp_path)) as found:
        yield found


def test_a_growing_array_holds_what_was_added(files: ArrayFiles) -> None:
    """Parts come back as one array of their type, also after its memory was released."""
    growing = files.array("numbers", np.int32)
    parts = [np.arange(5, dtype=np.int32), np.zeros((0,), np.int32), np.arange(6, dtype=np.int32).reshape(2, 3)]
    for part in parts:
        growing.append(part)
    found = growing.finished()
    assert found.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]
    assert found.dtype == np.int32
    files.release()
    assert found.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]


def test_an_array_without_values_is_empty(files: ArrayFiles) -> None:
    """Nothing added is an array of length 0."""
    assert files.array("none", np.float32).finished().shape == (0,)


def test_parts_are_read_as_they_were_added(files: ArrayFiles, tmp_path: Path) -> None:
    """Each array is read again with its own length, as often as wanted, and all of them as one at the end."""
    parts = files.parts("codes", np.int64)
    given = [[1, 2, 3], [], [4]]
    for values in given:
        parts.append(np.array(values, np.int64))
    assert [part.tolist() for part in parts] == given
    assert [part.tolist() for part in parts] == given
    assert parts.joined().tolist() == [1, 2, 3, 4]
    assert not list(tmp_path.iterdir())


def test_the_folder_is_empty_at_first_and_gone_at_the_end(tmp_path: Path) -> None:
    """Files of a killed training are removed, and so are those of one that fails."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "old").write_bytes(b"1")
    with pytest.raises(KeyError), array_files(folder) as files:
        assert not list(folder.iterdir())
        files.array("new", np.int32).append(np.ones(1, np.int32))
        raise KeyError
    assert not folder.exists()


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    """An error of the system names the folder, its reason and the option."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (tmp_path / "full").symlink_to("/dev/full")
    with closing(ArrayFiles(tmp_path)) as files:
        growing = files.array("full", np.int32)
        with pytest.raises(ArxivClassifierError, match=r"No space left on device\. Free space there, or .* --output"):
            growing.append(np.zeros(1 << 20, np.int32))
        parts = files.parts("full", np.int32)
        parts.append(np.zeros(1, np.int32))  # fits into the buffer
        with pytest.raises(ArxivClassifierError, match="No space left on device"):
            list(parts)
