"""Compressed files, whole and broken."""

import gzip
import random
import zipfile
from pathlib import Path

import pytest
import zstandard

from adapters.datasets.compression import compressing, opened
from domain.errors import InvalidInputError
from tests.unit.adapters.datasets.written import RECORDS, json_lines, write_json_lines

MANY = RECORDS * 2000


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_gives_back_the_bytes(tmp_path: Path, name: str) -> None:
    """A file's bytes come out as they went in, compressed or not."""
    with opened(write_json_lines(tmp_path / name, MANY)) as stream:
        assert stream.read() == json_lines(MANY)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_reads_files_put_one_after_another(tmp_path: Path, suffix: str) -> None:
    """Compressed files that were concatenated are read to their end."""
    path = write_json_lines(tmp_path / f"a.jsonl{suffix}", RECORDS)
    path.write_bytes(path.read_bytes() * 3)
    with opened(path) as stream:
        assert stream.read() == json_lines(RECORDS) * 3


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("keep", [0.5, 0.97])
def test_says_that_a_file_is_cut_short(tmp_path: Path, suffix: str, keep: float) -> None:
    """A compressed file that ends too early is an error, not an early end."""
    path = write_json_lines(tmp_path / f"a.jsonl{suffix}", MANY)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(InvalidInputError, match="is damaged or cut short"), opened(path) as stream:
        stream.read()


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_says_that_a_file_is_of_another_kind(tmp_path: Path, suffix: str) -> None:
    """A file that is not what its suffix says is an error in a sentence."""
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(b"no such thing, " * 50)
    with pytest.raises(InvalidInputError, match="is damaged or cut short"), opened(path) as stream:
        stream.read()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.jsonl.GZ"])
def test_reads_what_it_wrote(tmp_path: Path, name: str) -> None:
    """Content that is written in pieces comes back, and each run writes the same bytes."""
    written = [_written(tmp_path / name) for _ in range(2)]
    assert written[0] == written[1]
    assert (written[0] == json_lines(MANY)) == (name == "a.jsonl")
    with opened(tmp_path / name) as stream:
        assert stream.read() == json_lines(MANY)


def _written(path: Path) -> bytes:
    with path.open("wb") as file, compressing(file, path) as stream:
        for record in MANY:
            stream.write(json_lines([record]))
    return path.read_bytes()


def test_other_programs_read_what_it_wrote(tmp_path: Path) -> None:
    """Gzip and zstd files are whole for readers that stop behind the first frame."""
    assert gzip.decompress(_written(tmp_path / "a.gz")) == json_lines(MANY)
    frame = zstandard.ZstdDecompressor().decompressobj().decompress(_written(tmp_path / "a.zst"))
    assert frame == json_lines(MANY)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_what_is_given_up_has_no_end(tmp_path: Path, suffix: str) -> None:
    """If writing fails half-way, what is there cannot be taken for a whole file."""
    path = tmp_path / f"a.jsonl{suffix}"
    incompressible = random.Random(0).randbytes(1 << 20)  # so that some of it is written
    with pytest.raises(RuntimeError), path.open("wb") as file, compressing(file, path) as stream:
        stream.write(incompressible)
        raise RuntimeError
    assert path.stat().st_size > 0
    with pytest.raises(InvalidInputError, match="is damaged or cut short"), opened(path) as stream:
        stream.read()


def test_reads_the_one_file_of_a_zip(tmp_path: Path) -> None:
    """A zip file with one member is read as that member. With two it is refused."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arxiv-metadata-oai-snapshot.json", json_lines(RECORDS))
    with opened(path) as stream:
        assert stream.read() == json_lines(RECORDS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.json", b"{}")
    with pytest.raises(InvalidInputError, match="holds 2 files"), opened(path):
        pass


def test_says_why_a_file_cannot_be_opened(tmp_path: Path) -> None:
    """A missing file is an error with the system's reason."""
    with pytest.raises(InvalidInputError, match="No such file"), opened(tmp_path / "none.jsonl"):
        pass
