"""Kaggle's snapshot of arXiv's metadata."""

import json
import zipfile
from pathlib import Path

from adapters.datasets.kaggle_snapshot import KaggleSnapshot
from adapters.datasets.opening import open_dataset
from tests.unit.adapters.datasets.written import Bad

RECORD = {
    "id": "0704.0001",
    "submitter": "A. Person",
    "authors": "A. Person and B. Person",
    "title": "A calculation of\n  something",
    "comments": None,
    "categories": "hep-ph hep-ex",
    "abstract": "  A fully differential\ncalculation is presented.\n",
    "versions": [
        {"version": "v1", "created": "Sat, 31 Mar 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Person", "A.", ""]],
}


def _snapshot(folder: Path, *records: object) -> Path:
    path = folder / "arxiv-metadata-oai-snapshot.json"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_reads_a_record_as_kaggle_writes_it(tmp_path: Path) -> None:
    """Categories are split at spaces, white space is folded, and the month is that of the first version."""
    dataset = open_dataset(_snapshot(tmp_path, RECORD))
    assert isinstance(dataset, KaggleSnapshot)
    (paper,) = dataset.papers(None, Bad())
    assert paper.abstract.title == "A calculation of something"
    assert paper.abstract.text == "A fully differential calculation is presented."
    assert [str(category) for category in paper.categories] == ["hep-ph", "hep-ex"]
    assert paper.month == "2007-03"


def test_takes_the_update_where_nothing_else_is_dated(tmp_path: Path) -> None:
    """Without versions the identifier says the month, and without an identifier the last update does."""
    bare = {"abstract": "text", "categories": "hep-ph", "update_date": "2008-11-26"}
    dataset = KaggleSnapshot(_snapshot(tmp_path, {**bare, "id": "0704.0001"}, bare))
    assert [paper.month for paper in dataset.papers(None, Bad())] == ["2007-04", "2008-11"]


def test_reads_the_zip_that_kaggle_hands_out(tmp_path: Path) -> None:
    """The snapshot is read out of its zip file without unpacking it."""
    plain = _snapshot(tmp_path, RECORD, "half")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, plain.name)
    bad = Bad()
    assert len(list(open_dataset(tmp_path / "archive.zip").papers(None, bad))) == 1
    assert bad.lines == [2]
