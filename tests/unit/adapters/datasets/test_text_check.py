"""Files that are no text."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest
import zstandard

from adapters.datasets.text_check import kind_of
from adapters.datasets.unlabelled import read_abstracts
from domain.errors import InvalidInputError
from tests.unit.adapters.datasets.written import RECORDS, csv_text, write_parquet

TEXT = csv_text(RECORDS)


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("papers.csv", TEXT)
    return packed.getvalue()


CONTENTS = {
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "a zip archive": _zip(),
    "compressed with gzip": gzip.compress(TEXT.encode()),
    "compressed with zstd": zstandard.compress(TEXT.encode()),
    "UTF-16 text": TEXT.encode("utf-16"),
    "UTF-32 text": TEXT.encode("utf-32"),
    "binary data": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + random.Random(0).randbytes(3000),
}


@pytest.mark.parametrize("name", ["papers.csv", "papers.jsonl"])
@pytest.mark.parametrize("what", CONTENTS)
def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path, name: str, what: str) -> None:
    """A file with the name of a text and other content is refused before its first record, with the remedy."""
    path = tmp_path / name
    path.write_bytes(CONTENTS[what])
    bad: list[object] = []
    with pytest.raises(InvalidInputError, match=rf"{name} is {what}.*, not (CSV|JSON Lines)\. [A-Z].*\.$"):
        list(read_abstracts(path, on_bad_record=bad.append))
    assert bad == []


def test_a_parquet_file_of_another_name_is_told(tmp_path: Path) -> None:
    """The error of parquet under the name of CSV says that the file is parquet."""
    path = write_parquet(tmp_path / "papers.csv", RECORDS)
    with pytest.raises(InvalidInputError, match=r"is a parquet file, not CSV\. End its name in \.parquet"):
        list(read_abstracts(path))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_without_its_mark(encoding: str) -> None:
    """Every other byte is zero in it."""
    kind = kind_of(TEXT.encode(encoding))
    assert kind is not None and kind[0] == "UTF-16 text"


@pytest.mark.parametrize(
    "text",
    [
        TEXT.encode(),
        b"",
        b"\xef\xbb\xbf" + TEXT.encode(),
        "id,abstract\n1,Модель\n".encode() * 500,
        "id,abstract\n1,caf\xe9\n".encode("latin-1"),
        b"id,abstract\n1,a stray \x00 zero byte\n" + TEXT.encode(),
        ("ab" + "é" * 4096).encode()[:8191],
    ],
)
def test_text_is_text(text: bytes) -> None:
    """UTF-8 is text, cut within a character as well, and so is what has a record in another encoding."""
    assert kind_of(text) is None


def test_a_stream_is_read_from_its_beginning() -> None:
    """Looking at the beginning takes nothing away."""
    assert len(list(read_abstracts(io.BytesIO(TEXT.encode()), "csv"))) == 3
    assert len(list(read_abstracts(io.BufferedReader(io.BytesIO(TEXT.encode())), "csv"))) == 3
