"""The folder of monthly files: what is in it, what it refuses, and that a kill or a full disk loses nothing."""

import resource
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.opening import open_dataset
from adapters.harvest_store.folder import FolderHarvestStore
from adapters.harvest_store.monthly_files import MonthlyFiles
from domain.abstract import Abstract
from domain.arxiv_paper import ArxivPaper
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.harvest import HarvestCounts, HarvestState
from domain.labelled_abstract import LabelledAbstract
from domain.ports.arxiv import RecordPage
from tests.contracts.test_harvest_store_contract import STATE, page
from tests.examples import arxiv_paper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where papers go; it is not there yet."""
    return tmp_path / "a" / "papers"


def harvested(folder: Path, *pages: RecordPage) -> HarvestCounts:
    """The counts of keeping pages and publishing them."""
    store = FolderHarvestStore(folder)
    try:
        for each in pages:
            store.keep(each, "a", STATE)
        return store.finish("a", STATE)
    finally:
        store.close()


def visible(folder: Path) -> list[str]:
    """The names that a reader sees."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_writes_the_columns(folder: Path) -> None:
    """A month's file has id, title, abstract, categories, year_month, submitted and updated, sorted by id."""
    harvested(folder, page(arxiv_paper("2605.00002", title=None), arxiv_paper("2605.00001"), arxiv_paper("2606.1234")))
    assert visible(folder) == ["2026-05.parquet", "2026-06.parquet"]
    rows = pq.read_table(folder / "2026-05.parquet").to_pylist()
    assert [(row["id"], row["title"]) for row in rows] == [("2605.00001", "Networks"), ("2605.00002", None)]
    assert rows[0] == {
        "id": "2605.00001",
        "title": "Networks",
        "abstract": "We study networks.",
        "categories": ["cs.LG", "stat.ML"],
        "year_month": "2026-05",
        "submitted": datetime(2026, 5, 4, 8, tzinfo=UTC),
        "updated": datetime(2026, 5, 5, 8, tzinfo=UTC),
    }


def test_is_a_source_for_training(folder: Path) -> None:
    """The data sets' reader takes the folder for one pile of papers with their months."""
    harvested(folder, page(arxiv_paper("2605.00001"), arxiv_paper("2606.00001")))
    dataset = open_dataset(folder)
    assert dataset.own_splits == ()
    papers = list(dataset.papers(None, lambda record: pytest.fail(str(record))))
    assert [(paper.abstract.id, paper.month) for paper in papers] == [
        ("2605.00001", "2026-05"),
        ("2606.00001", "2026-06"),
    ]
    assert str(papers[0].primary) == "cs.LG"


def test_changes_only_what_changed(folder: Path) -> None:
    """A month whose papers are all as before keeps its file."""
    harvested(folder, page(arxiv_paper("2605.00001"), arxiv_paper("2606.00001"), arxiv_paper("2606.00002")))
    before = {name: (folder / name).stat().st_ino for name in visible(folder)}
    counts = harvested(folder, page(arxiv_paper("2605.00001"), arxiv_paper("2606.00001", "Other text.")))
    assert counts == HarvestCounts(0, 1, 0)
    after = {name: (folder / name).stat().st_ino for name in visible(folder)}
    assert [name for name in before if before[name] != after[name]] == ["2026-06.parquet"]
    rows = pq.read_table(folder / "2026-06.parquet").to_pylist()
    assert [row["abstract"] for row in rows] == ["Other text.", "We study networks."]
    assert {row["submitted"] for row in rows} == {datetime(2026, 6, 4, 8, tzinfo=UTC)}


def test_a_lost_month_is_asked_for_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If a month's file was removed, its days count as unread, which a warning says."""
    harvested(folder, page(arxiv_paper("2605.00001"), arxiv_paper("2606.00001")))
    with closing(FolderHarvestStore(folder)) as store:
        assert store.state("a") == STATE
    (folder / "2026-05.parquet").unlink()
    with closing(FolderHarvestStore(folder)) as store:
        assert store.state("a") == HarvestState()
    assert "Papers of 2026-05 are missing" in caplog.text
    caplog.clear()
    with closing(FolderHarvestStore(folder)):
        assert caplog.text == ""


def test_a_paper_of_another_month_moves(folder: Path) -> None:
    """A paper whose first version is of another month now is in that month's file alone."""
    harvested(folder, page(arxiv_paper("2605.00001"), arxiv_paper("2605.00002")))
    moved, words = arxiv_paper("2606.00001"), arxiv_paper("2605.00001").paper
    abstract = Abstract(words.abstract.text, words.abstract.title, words.abstract.id, month=moved.month)
    other = ArxivPaper(LabelledAbstract(abstract, words.categories), moved.submitted, moved.updated)
    harvested(folder, page(other))
    assert MonthlyFiles(folder).held() == {"2026-05": 1, "2026-06": 1}


def test_makes_no_folder_for_nothing(folder: Path) -> None:
    """Without a record nothing is made."""
    assert harvested(folder, page()) == HarvestCounts()
    assert not folder.parent.exists()


def test_refuses_what_is_not_its_own(folder: Path) -> None:
    """A file, another file in the folder, a month of other columns or one cut short is refused, and nothing changes."""
    folder.mkdir(parents=True)
    (folder / ".DS_Store").write_text("")
    FolderHarvestStore(folder).close()
    (folder / "train.parquet").write_text("x")
    with pytest.raises(InvalidInputError, match=r"holds train\.parquet, which is not of a harvest"):
        FolderHarvestStore(folder)
    with pytest.raises(InvalidInputError, match="is a file"):
        FolderHarvestStore(folder / "train.parquet")
    (folder / "train.parquet").rename(folder / "2026-05.parquet")
    with pytest.raises(InvalidInputError, match=r"2026-05\.parquet is not a whole parquet file"):
        FolderHarvestStore(folder)
    pq.write_table(pa.table({"id": ["1"]}), folder / "2026-05.parquet")
    with pytest.raises(InvalidInputError, match="has the columns id; a harvest's file has id, title"):
        FolderHarvestStore(folder)
    assert visible(folder) == ["2026-05.parquet"]


def test_one_process_writes_at_a_time(folder: Path) -> None:
    """A second harvest into a folder is refused while the first goes on."""
    store = FolderHarvestStore(folder)
    store.keep(page(arxiv_paper()), "a", STATE)
    with pytest.raises(InvalidInputError, match="Another harvest is writing"):
        FolderHarvestStore(folder)
    store.close()
    FolderHarvestStore(folder).close()


def test_a_damaged_journal_is_named(folder: Path) -> None:
    """A journal that is no database is an error that says what to remove."""
    folder.mkdir(parents=True)
    (folder / ".harvest.sqlite").write_text("x" * 5000)
    with pytest.raises(InvalidInputError, match=r"\.harvest\.sqlite is damaged"):
        FolderHarvestStore(folder)


KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.harvest_store.folder import FolderHarvestStore
from adapters.harvest_store.monthly_files import MonthlyFiles
from tests.contracts.test_harvest_store_contract import STATE, page
from tests.examples import arxiv_paper

left = int(sys.argv[2])
replace = MonthlyFiles.replace

def dying(self, month, rows):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(self, month, rows)
    left -= 1
    if left == 0 and sys.argv[3] == "after":
        os.kill(os.getpid(), signal.SIGKILL)

MonthlyFiles.replace = dying
store = FolderHarvestStore(Path(sys.argv[1]))
store.keep(page(*(arxiv_paper(f"260{month}.0000{n}") for month in (3, 4, 5) for n in range(1, 4))), "a", STATE)
store.finish("a", STATE)
"""


@pytest.mark.parametrize(("months", "when"), [(0, "before"), (1, "after"), (1, "before"), (2, "after"), (3, "after")])
def test_a_kill_while_publishing_counts_nothing_twice(folder: Path, months: int, when: str) -> None:
    """Killed between two months, or between a month and its count, the next process publishes the rest, once."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(months), when], timeout=60, check=False)
    assert killed.returncode == -9
    (folder / ".2026-05.abcd.part").write_text("half")
    assert len(visible(folder)) == months
    assert harvested(folder, page(arxiv_paper("2605.00001", "Other text."))) == HarvestCounts(9, 1, 0)
    assert MonthlyFiles(folder).held() == {"2026-03": 3, "2026-04": 3, "2026-05": 3}
    assert sorted(path.name for path in folder.glob(".*")) == [".harvest.sqlite"]


def test_the_journal_gives_its_space_back(folder: Path) -> None:
    """Published papers leave the journal, and its file shrinks."""
    store = FolderHarvestStore(folder)
    store.keep(page(*(arxiv_paper(f"2605.{n:05}", f"We study {n}. " * 99) for n in range(1, 500))), "a", STATE)
    full = (folder / ".harvest.sqlite").stat().st_size
    store.finish("a", HarvestState())
    store.close()
    assert (folder / ".harvest.sqlite").stat().st_size < full / 5


def test_a_full_disk_leaves_whole_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing more can be written, an error says so, the months stay as they were, and there is no other file."""
    harvested(folder, page(arxiv_paper("2605.00001")))
    before = (folder / "2026-05.parquet").read_bytes()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # it would be cut off too
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = FolderHarvestStore(folder)
    papers = [arxiv_paper(f"2605.{n:05}", f"We study {n}.") for n in range(1, 400)]
    store.keep(page(*papers), "a", STATE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        with pytest.raises(ArxivClassifierError, match=r"papers failed: .*run the command again"):
            store.publish()
        with pytest.raises(ArxivClassifierError, match="run the command again"):
            store.keep(page(*papers), "a", STATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (folder / "2026-05.parquet").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".part") == []
    assert store.finish("a", STATE) == HarvestCounts(399 - 1, 1, 0)
    store.close()
