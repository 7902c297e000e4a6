"""The contract of every data set."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.datasets.opening import open_dataset
from adapters.datasets.reading import Reading
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, Split
from tests.fakes.dataset import FakeDataset
from tests.unit.adapters.datasets.written import RECORDS, Bad, write_csv, write_json_lines, write_parquet

BAD: dict[str, object] = {"id": "x", "title": None, "abstract": " ", "categories": ["cs.LG"], "year_month": None}
# The second is bad in every source; with it a reader that drops records, or shifts them, shows.
WRITTEN: tuple[dict[str, object], ...] = (RECORDS[0], BAD, *RECORDS[1:])
EXPECTED = [
    LabelledAbstract(
        Abstract("We train a network.", "On learning", "2501.01234", month="2025-01"),
        (Category.parse("cs.LG"), Category.parse("stat.ML")),
    ),
    LabelledAbstract(
        Abstract("Strings of $\\alpha$ and é.", None, "hep-th/9901001", month="1999-01"), (Category.parse("hep-th"),)
    ),
    LabelledAbstract(
        Abstract("A bounded operator, C++ and L^2.", "Grün", "2606.00003", month="2026-06"),
        (Category.parse("math.FA"), Category.parse("math-ph"), Category.parse("math.MP")),
    ),
]


def _fake(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
    known = {paper.abstract.id: paper for paper in EXPECTED}
    return FakeDataset(
        [known.get(str(record["id"])) or BadRecord("fake", line, "blank") for line, record in enumerate(records, 1)]
    )


def _file(name: str) -> Callable[[Path, tuple[dict[str, object], ...]], Dataset]:
    def build(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
        write = write_parquet if "parquet" in name else write_csv if "csv" in name else write_json_lines
        return open_dataset(write(folder / name, records))

    return build


def _kaggle(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
    flat = [{**record, "categories": " ".join(map(str, record["categories"]))} for record in records]  # type: ignore[call-overload]  # a list of texts
    return open_dataset(write_json_lines(folder / "arxiv-metadata-oai-snapshot.json", flat))


def _folder(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
    write_parquet(folder / "train.parquet", records[:2])
    write_parquet(folder / "test.parquet", records[2:])
    return open_dataset(folder)


def _saved(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
    datasets = pytest.importorskip("datasets")
    parts = {"train": records[:2], "test": records[2:]}
    tables = {split: datasets.Dataset.from_list([dict(record) for record in part]) for split, part in parts.items()}
    datasets.DatasetDict(tables).save_to_disk(folder / "saved")
    return open_dataset(folder / "saved")


def _hub(format: str) -> Callable[[Path, tuple[dict[str, object], ...]], Dataset]:
    def build(folder: Path, records: tuple[dict[str, object], ...]) -> Dataset:
        pytest.importorskip("datasets")
        _folder(folder, records)
        return open_dataset(folder, format)  # the hub's library reads a local folder in the same way

    return build


SOURCES: dict[str, Callable[[Path, tuple[dict[str, object], ...]], Dataset]] = {
    "fake": _fake,
    "parquet": _file("papers.parquet"),
    "jsonl": _file("papers.jsonl"),
    "jsonl.gz": _file("papers.jsonl.gz"),
    "jsonl.zst": _file("papers.jsonl.zst"),
    "csv": _file("papers.csv"),
    "kaggle": _kaggle,
    "folder": _folder,
    "saved": _saved,
    "hub": _hub("hub"),
    "hub-stream": _hub("hub-stream"),
}
WITH_SPLITS = {"folder", "saved", "hub", "hub-stream"}


@pytest.fixture(params=sorted(SOURCES))
def kind(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of source, with the hub's caches in a temporary folder."""
    config = pytest.importorskip("datasets.config") if request.param in WITH_SPLITS - {"folder"} else None
    if config is not None:
        monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return str(request.param)


@pytest.fixture
def dataset(kind: str, tmp_path: Path) -> Dataset:
    """Three papers and a bad record between them."""
    (tmp_path / "source").mkdir()
    return SOURCES[kind](tmp_path / "source", WRITTEN)


def test_gives_every_paper_in_order(dataset: Dataset) -> None:
    """Papers come in the source's order, equal from every format. The bad record is left out and reported."""
    bad = Bad()
    papers = sorted(
        dataset.papers(None, bad), key=lambda paper: [p.abstract.id for p in EXPECTED].index(paper.abstract.id)
    )
    assert papers == EXPECTED
    assert len(bad) == 1


def test_reports_where_the_bad_record_is(dataset: Dataset, kind: str) -> None:
    """The bad record is reported with its source and its line or row."""
    bad = Bad()
    list(dataset.papers(None, bad))
    assert bad[0].source
    # The first record of the CSV file goes over three lines, after one of header.
    assert bad[0].line == (5 if kind == "csv" else 2)


def test_refuses_papers_of_the_future(dataset: Dataset, kind: str) -> None:
    """A paper with a date later than the clock's is a bad record of its line, from every reader."""
    if kind == "fake":
        pytest.skip("The fake reads no dates.")
    bad = Bad()
    format_ = kind if kind in {"hub", "hub-stream"} else None
    january = open_dataset(dataset.name, format_, Reading(now=lambda: datetime(2025, 1, 31, tzinfo=UTC)))
    assert [paper.month for paper in january.papers(None, bad)] == ["2025-01", "1999-01"]
    assert "The date 2026-06 lies in the future. Give one up to 2025-01." in [each.reason for each in bad]


def test_stops_where_the_callback_raises(dataset: Dataset) -> None:
    """An error of the callback reaches the caller."""

    def stop(record: BadRecord) -> None:
        raise InvalidInputError(str(record))

    with pytest.raises(InvalidInputError):
        list(dataset.papers(None, stop))


def test_can_be_read_again(dataset: Dataset) -> None:
    """A second reading gives the same papers."""
    assert list(dataset.papers(None, Bad())) == list(dataset.papers(None, Bad()))


def test_gives_its_own_splits(dataset: Dataset, kind: str) -> None:
    """Every split that it says it has can be read, and together they are the whole."""
    assert dataset.own_splits == ((Split.TRAIN, Split.TEST) if kind in WITH_SPLITS else ())
    if dataset.own_splits:
        parts = [list(dataset.papers(split, Bad())) for split in dataset.own_splits]
        assert [len(part) for part in parts] == [1, 2]
        assert [paper for part in parts for paper in part] == list(dataset.papers(None, Bad()))


def test_refuses_a_split_that_is_not_its_own(dataset: Dataset) -> None:
    """A split that the source does not define is an error that says how else to split."""
    with pytest.raises(InvalidInputError, match="by time or by hash"):
        list(dataset.papers(Split.VALIDATION, Bad()))


def test_has_a_name(dataset: Dataset) -> None:
    """Its name is not blank."""
    assert dataset.name


def test_fingerprint_follows_the_data(kind: str, tmp_path: Path) -> None:
    """The same source has the same fingerprint, and one with another word has another."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = SOURCES[kind](tmp_path / "one", WRITTEN)
    changed = ({**WRITTEN[0], "id": "2501.99999"} if kind == "fake" else {**WRITTEN[0], "title": "Other"}, *WRITTEN[1:])
    assert first.fingerprint() == first.fingerprint()
    assert len(bytes.fromhex(first.fingerprint())) == 32
    assert SOURCES[kind](tmp_path / "two", changed).fingerprint() != first.fingerprint()


def test_fingerprint_follows_the_splits(tmp_path: Path) -> None:
    """The same files under the names of other splits are other data."""
    prints = set()
    for number, names in enumerate([("train", "test"), ("validation", "test")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in names:
            write_json_lines(folder / f"{name}.jsonl", WRITTEN)
        prints.add(open_dataset(folder).fingerprint())
    assert len(prints) == 2


def test_fingerprint_does_not_depend_on_the_place(tmp_path: Path) -> None:
    """A copy of a file has its fingerprint: a training is known by its data, not by where they lay."""
    one = write_json_lines(tmp_path / "one.jsonl", WRITTEN)
    two = write_json_lines(tmp_path / "two.jsonl", json.loads(json.dumps(WRITTEN)))
    assert open_dataset(one).fingerprint() == open_dataset(two).fingerprint()
