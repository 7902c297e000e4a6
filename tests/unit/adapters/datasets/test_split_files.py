"""Split files appear whole or not at all."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adapters.datasets.opening import open_dataset
from adapters.datasets.split_files import ROWS_PER_GROUP, SplitFiles
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.ports.dataset import Split
from tests.examples import small_papers
from tests.unit.adapters.datasets.written import Bad

FILES = ["test.parquet", "train.parquet", "validation.parquet"]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _write(folder: Path, count: int = 9) -> None:
    writer = SplitFiles(folder)
    writer.begin()
    for number, paper in enumerate(small_papers(count)):
        writer.add(list(Split)[number % 3], paper)
    writer.finish()


@pytest.mark.parametrize("there", [False, True])
def test_reads_back_what_was_written(tmp_path: Path, there: bool) -> None:
    """Papers come back as they were, in a new folder and in one that was there, and nothing else is left."""
    folder = tmp_path / "deep" / "out"
    if there:
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("Papers.")
    _write(folder)
    dataset = open_dataset(folder)
    assert dataset.own_splits == tuple(Split)
    assert list(dataset.papers(Split.VALIDATION, Bad())) == small_papers(9)[1::3]
    assert _names(folder) == (["README.md", *FILES] if there else FILES)
    assert _names(folder.parent) == ["out"]


def test_weights_come_back(tmp_path: Path) -> None:
    """Each paper keeps its weight to the last bit, also one of 0."""
    papers = [
        replace(paper, weight=weight) for paper, weight in zip(small_papers(4), (0.1, 1.0, 0.0, 1e-300), strict=True)
    ]
    writer = SplitFiles(tmp_path / "out")
    writer.begin()
    for paper in papers:
        writer.add(Split.TRAIN, paper)
    writer.finish()
    assert list(open_dataset(tmp_path / "out").papers(Split.TRAIN, Bad())) == papers


def test_writes_in_groups(tmp_path: Path) -> None:
    """Papers are written a group at a time, in the order given."""
    writer = SplitFiles(tmp_path / "out")
    writer.begin()
    papers = small_papers(3) * (ROWS_PER_GROUP // 3 + 5)
    for paper in papers:
        writer.add(Split.TRAIN, paper)
    writer.finish()
    file = pq.ParquetFile(tmp_path / "out" / "train.parquet")
    assert file.metadata.num_row_groups == 2
    assert file.read(["id"])["id"].to_pylist() == [paper.abstract.id for paper in papers]


@pytest.mark.parametrize("there", [False, True])
def test_leaves_nothing_when_discarded(tmp_path: Path, there: bool) -> None:
    """After a discard the place is as it was before."""
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
    writer = SplitFiles(folder)
    writer.begin()
    writer.add(Split.TRAIN, small_papers(1)[0])
    writer.discard()
    assert _names(tmp_path) == (["out"] if there else [])
    assert not there or _names(folder) == []


def test_shows_nothing_before_its_end(tmp_path: Path) -> None:
    """Until all is written the folder is not there, so that a kill leaves no half of it."""
    writer = SplitFiles(tmp_path / "out")
    writer.begin()
    for paper in small_papers(5):
        writer.add(Split.TRAIN, paper)
    assert not (tmp_path / "out").exists()
    writer.discard()


def test_refuses_to_overwrite(tmp_path: Path) -> None:
    """A folder that has split files is refused, and they stay."""
    _write(tmp_path / "out")
    before = (tmp_path / "out" / "train.parquet").read_bytes()
    with pytest.raises(InvalidInputError, match=r"has a train\.parquet already"):
        SplitFiles(tmp_path / "out")
    assert (tmp_path / "out" / "train.parquet").read_bytes() == before


def test_refuses_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where a folder is wanted is an error in a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="is a file"):
        SplitFiles(tmp_path / "file")
    with pytest.raises(ArxivClassifierError, match=r"Not a directory\. Nothing was written\."):
        SplitFiles(tmp_path / "file" / "out").begin()


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.dont_write_bytecode = True  # it would be cut off too
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from adapters.datasets.split_files import SplitFiles
from application.prepare_dataset import PrepareCommand, PrepareDataset
from application.papers.splitting import SplitPolicy
from domain.errors import ArxivClassifierError
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset
try:
    PrepareDataset(FakeDataset(small_papers(20_000)), SplitFiles(Path(sys.argv[1])))(
        PrepareCommand(SplitPolicy("hash")), print
    )
except ArxivClassifierError as error:
    print(error)
"""


def test_leaves_nothing_on_a_full_disk(tmp_path: Path) -> None:
    """If the system refuses to store more, the error is one sentence and the place is as it was before."""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "out")], cwd=root, capture_output=True, text=True, check=True
    )
    assert "Writing to" in done.stdout and "File too large" in done.stdout
    assert _names(tmp_path) == []
