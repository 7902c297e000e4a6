"""Folders of save_to_disk that are not whole."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from adapters.datasets.opening import open_dataset
from domain.errors import InvalidInputError
from tests.unit.adapters.datasets.written import RECORDS, Bad


def saved_like(folder: Path) -> Path:
    """A folder laid out as save_to_disk does."""
    table = pa.Table.from_pylist([dict(record) for record in RECORDS])
    path = str(folder / "data-00000-of-00001.arrow")
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    return folder


def test_reads_the_arrow_files(tmp_path: Path) -> None:
    """Papers come out of the Arrow files that the folder lists."""
    assert len(list(open_dataset(saved_like(tmp_path)).papers(None, Bad()))) == 3


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.8])
def test_says_that_a_file_is_cut_short(tmp_path: Path, keep: float) -> None:
    """An Arrow file that was cut short is an error that names it."""
    path = saved_like(tmp_path) / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(InvalidInputError, match=r"arrow is missing, damaged or cut short"):
        list(open_dataset(tmp_path).papers(None, Bad()))


def test_says_that_a_listed_file_is_missing(tmp_path: Path) -> None:
    """A file that is listed and not there is an error, for the papers and for the fingerprint."""
    (saved_like(tmp_path) / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(InvalidInputError, match="is missing"):
        list(open_dataset(tmp_path).papers(None, Bad()))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        open_dataset(tmp_path).fingerprint()


@pytest.mark.parametrize("content", ["half {", '{"_data_files": 7}'])
def test_says_that_the_list_is_broken(tmp_path: Path, content: str) -> None:
    """A list of files that cannot be read is an error that names it."""
    (saved_like(tmp_path) / "state.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"state\.json"):
        list(open_dataset(tmp_path).papers(None, Bad()))
