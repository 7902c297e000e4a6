"""How a reference to a source is understood."""

from pathlib import Path

import pytest

from adapters.datasets.files import PaperFiles
from adapters.datasets.hugging_face import HuggingFaceDataset
from adapters.datasets.kaggle_snapshot import KaggleSnapshot
from adapters.datasets.opening import open_dataset
from adapters.datasets.reading import Reading
from domain.errors import DatasetUnavailableError, InvalidInputError
from domain.ports.dataset import Split
from tests.unit.adapters.datasets.written import RECORDS, Bad, write_csv, write_json_lines, write_parquet


def test_takes_owner_and_name_for_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference of the form owner/name that is no path here is a data set of the hub. Nothing is fetched yet."""
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_dataset("TimSchopf/arxiv_categories"), HuggingFaceDataset)
    assert isinstance(open_dataset("anything", "hub-stream"), HuggingFaceDataset)


@pytest.mark.parametrize("reference", ["data/train.parquet", "none", "./a/b", "/no/such/place", "a/b/c"])
def test_says_that_there_is_nothing(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path without a file is unavailable, and is not looked for on the hub."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetUnavailableError, match=f"There is no file or folder {reference}"):
        open_dataset(reference)


def test_takes_what_is_said_over_the_name(tmp_path: Path) -> None:
    """A format that is given holds, whatever the file is called."""
    path = write_csv(tmp_path / "papers.txt", RECORDS)
    assert len(list(open_dataset(path, "csv").papers(None, Bad()))) == 3
    assert isinstance(open_dataset(write_json_lines(tmp_path / "a.jsonl", RECORDS), "kaggle"), KaggleSnapshot)


def test_refuses_unknown_formats(tmp_path: Path) -> None:
    """An unknown format, or a file whose name implies none, is an error that lists the known ones."""
    path = write_csv(tmp_path / "papers.txt", RECORDS)
    with pytest.raises(InvalidInputError, match="Known are parquet, jsonl, csv, tsv, xlsx, kaggle"):
        open_dataset(path, "xml")
    with pytest.raises(InvalidInputError, match="Nothing tells which format"):
        open_dataset(path)


def test_finds_splits_in_a_folder(tmp_path: Path) -> None:
    """Files named by split are the source's own splits, shards of one split together and in order."""
    write_parquet(tmp_path / "train-00001-of-00002.parquet", RECORDS[1:2])
    write_parquet(tmp_path / "train-00000-of-00002.parquet", RECORDS[:1])
    write_json_lines(tmp_path / "valid.jsonl.gz", RECORDS[2:])
    (tmp_path / "README.md").write_text("Papers.")
    dataset = open_dataset(tmp_path)
    assert dataset.own_splits == (Split.TRAIN, Split.VALIDATION)
    assert [paper.abstract.id for paper in dataset.papers(Split.TRAIN, Bad())] == ["2501.01234", "hep-th/9901001"]
    assert len(list(dataset.papers(None, Bad()))) == 3


def test_finds_the_files_of_a_downloaded_hub_data_set(tmp_path: Path) -> None:
    """Files in a subfolder `data`, where a download from the hub puts them, are found."""
    (tmp_path / "data").mkdir()
    write_parquet(tmp_path / "data" / "test-00000-of-00001.parquet", RECORDS)
    assert open_dataset(tmp_path).own_splits == (Split.TEST,)


def test_takes_other_files_of_a_folder_for_one_pile(tmp_path: Path) -> None:
    """A folder of files that are named for no split is one pile in the order of their names."""
    write_parquet(tmp_path / "b.parquet", RECORDS[1:])
    write_csv(tmp_path / "a.csv", RECORDS[:1])
    dataset = open_dataset(tmp_path)
    assert isinstance(dataset, PaperFiles)
    assert dataset.own_splits == ()
    assert [paper.abstract.id for paper in dataset.papers(None, Bad())] == [record["id"] for record in RECORDS]


def test_refuses_a_folder_that_mixes_both(tmp_path: Path) -> None:
    """Splits beside a file that is none are refused: its papers would be lost."""
    write_parquet(tmp_path / "train.parquet", RECORDS)
    write_parquet(tmp_path / "more.parquet", RECORDS)
    with pytest.raises(InvalidInputError, match=r"more\.parquet is not one"):
        open_dataset(tmp_path)


def test_refuses_an_empty_folder(tmp_path: Path) -> None:
    """A folder without papers is an error that says what to put there."""
    with pytest.raises(InvalidInputError, match="holds no papers"):
        open_dataset(tmp_path)


def test_passes_the_limit_of_characters_on(tmp_path: Path) -> None:
    """An abstract that is longer than the limit given is a bad record."""
    bad = Bad()
    assert not list(
        open_dataset(write_parquet(tmp_path / "a.parquet", RECORDS), reading=Reading(max_characters=5)).papers(
            None, bad
        )
    )
    assert bad.lines == [1, 2, 3]


@pytest.mark.parametrize("reference", ["", "  "])
def test_empty_text_is_no_source(reference: str) -> None:
    """An unset shell variable does not describe the current folder."""
    with pytest.raises(InvalidInputError, match="The source is empty text"):
        open_dataset(reference)
