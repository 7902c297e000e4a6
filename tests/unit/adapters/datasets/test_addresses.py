"""Files of papers at addresses, in fsspec's memory and on a local server of S3."""

import gzip
import io
import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.addresses import RemoteFile, described, files_at
from adapters.datasets.paper_rows import RowsOfFiles, input_files, row_counts
from adapters.datasets.unlabelled import read_batches
from domain.abstract_batch import one_by_one
from domain.address import is_address
from domain.errors import DatasetUnavailableError, InvalidInputError, MissingPackageError
from domain.ports.dataset import BadRecord
from tests.lazily import lazily

fsspec = lazily("fsspec")
LINES = b"".join(json.dumps({"id": str(n), "abstract": f"We study graph {n}."}).encode() + b"\n" for n in range(5))


def parquet(count: int) -> bytes:
    """A parquet file of papers in several row groups."""
    stream = io.BytesIO()
    columns = {"id": [f"p{n}" for n in range(count)], "abstract": [f"We study brane {n}." for n in range(count)]}
    pq.write_table(pa.table(columns), stream, row_group_size=100)
    return stream.getvalue()


FILES = {"a.jsonl": LINES, "b.jsonl.gz": gzip.compress(LINES), "c/d.parquet": parquet(250), "notes.md": b"# Notes"}


@pytest.fixture
def memory() -> Iterator[str]:
    """A folder of papers in memory."""
    system = fsspec.filesystem("memory")
    for name, content in FILES.items():
        system.pipe_file(f"/papers/{name}", content)
    yield "memory://papers/"
    system.rm("/papers", recursive=True)


def ids(files: list[Any]) -> list[str | None]:
    """The ids of all papers."""
    rows = RowsOfFiles(files, max_characters=1000).read(10_000)
    return [abstract.id for abstract in one_by_one(row for row in rows if not isinstance(row, BadRecord))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("s3://bucket/a", True), ("memory://a", True), ("C:/papers", False), ("a.csv", False), ("We study: a//b", False)],
)
def test_an_address_has_a_scheme(text: str, expected: bool) -> None:
    """Paths, drives of Windows and texts are none."""
    assert is_address(text) == expected


def test_a_folder_at_an_address_is_read_as_a_local_one(memory: str) -> None:
    """Files of papers are read in order of their names, whatever their format and compression."""
    files = input_files([memory])
    assert [str(file).rpartition("papers/")[2] for file in files] == ["a.jsonl", "b.jsonl.gz", "c/d.parquet"]
    numbers = [str(n) for n in range(5)]
    assert ids(files) == [*numbers, *numbers, *(f"p{n}" for n in range(250))]
    assert row_counts(files) is None and row_counts(files[2:]) == [250]


def test_hidden_files_of_a_folder_at_an_address_are_left_out(memory: str) -> None:
    """As in a local folder. A hidden folder that is named is read."""
    for name in ("papers/.a.jsonl", "papers/.trash/b.jsonl"):
        fsspec.filesystem("memory").pipe(f"/{name}", LINES)
    assert not [file for file in input_files([memory]) if "/." in str(file)]
    assert [str(file) for file in input_files([f"{memory}.trash/"])] == ["memory:///papers/.trash/b.jsonl"]


def test_patterns_and_files_are_read_once_each(memory: str) -> None:
    """A file that two sources name counts once."""
    files = input_files([f"{memory}*.jsonl*", f"{memory}a.jsonl"])
    assert [file.name for file in files] == ["a.jsonl", "b.jsonl.gz"]
    (file,) = input_files([f"{memory}c/d.parquet"])
    assert isinstance(file, RemoteFile) and len(list(read_abstracts_of(file))) == 250


def read_abstracts_of(file: RemoteFile) -> list[str | None]:
    """The ids of one file."""
    return [each.id for each in one_by_one(read_batches(file))]


@pytest.mark.parametrize("end", ["nowhere.jsonl", "no/", "*.csv"])
def test_an_address_without_papers_is_refused(memory: str, end: str) -> None:
    """The error names the address."""
    with pytest.raises(InvalidInputError, match="There is no file of papers at memory://papers/"):
        input_files([memory + end])


def test_an_unknown_scheme_is_refused() -> None:
    """The error names known ones."""
    with pytest.raises(InvalidInputError, match=r"foo://, which is not known\. Known are s3"):
        input_files(["foo://papers/a.jsonl"])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages of the extra are errors with its name, and others with the command that installs them."""
    core = import_module("fsspec.core")

    def lacks(text: str) -> Any:
        def url_to_fs(address: str) -> Any:
            raise ImportError(text)

        monkeypatch.setattr(core, "url_to_fs", url_to_fs)
        return input_files

    with pytest.raises(MissingPackageError, match=r"s3://b/a needs the package s3fs.*extra remote"):
        lacks("Install s3fs to access S3")(["s3://b/a"])
    with pytest.raises(DatasetUnavailableError, match="Run: pip install gcsfs"):
        lacks("Please install gcsfs to access Google Storage")(["gs://b/a"])


def test_a_file_that_breaks_off_is_an_error_of_its_address(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is no damaged file, and its reason is kept."""
    (file,) = input_files([f"{memory}c/d.parquet"])
    opened = fsspec.filesystem("memory").open("/papers/c/d.parquet", "rb")

    def read(size: int = -1) -> bytes:
        raise ConnectionResetError("Connection reset by peer")

    monkeypatch.setattr(type(opened), "read", lambda self, size=-1: read(size))
    with pytest.raises(DatasetUnavailableError, match="cannot be read: Connection reset by peer"):
        list(read_batches(file))


def test_a_changed_file_is_described_otherwise(memory: str) -> None:
    """The description, by which a run is continued, follows the content."""
    (file,) = files_at(f"{memory}a.jsonl", lambda file: True)
    before = described(file)
    assert (before.path, before.size, before.modified > 0) == ("memory:///papers/a.jsonl", len(LINES), True)
    assert described(file) == before
    fsspec.filesystem("memory").pipe_file("/papers/a.jsonl", LINES + LINES)
    assert described(file) != before


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket with the files, on a local server of S3."""
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    server = lazily("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    systems = lazily("s3fs").S3FileSystem
    systems.clear_instance_cache()
    system = systems()
    system.mkdir("papers")
    for name, content in FILES.items():
        system.pipe_file(f"papers/{name}", content)
    system.invalidate_cache()
    yield "s3://papers/"
    server.stop()
    systems.clear_instance_cache()


@pytest.mark.slow
def test_a_bucket_is_read_like_a_folder(s3: str) -> None:
    """All formats and compressions are read in order of their names; files have a size, a time and a tag."""
    files = input_files([s3])
    numbers = [str(n) for n in range(5)]
    assert ids(files) == [*numbers, *numbers, *(f"p{n}" for n in range(250))]
    assert row_counts(files[2:]) == [250]
    found = described(files[0])
    assert found.size == len(LINES) and found.modified and found.tag
    with pytest.raises(InvalidInputError, match="no file of papers at s3://nowhere/a"):
        input_files(["s3://nowhere/a.jsonl"])


def test_files_of_the_web_are_read_in_ranges_or_as_a_whole(tmp_path: Path) -> None:
    """A server without ranges sends parquet as a whole. One that cannot be reached is no missing file."""
    (tmp_path / "a.parquet").write_bytes(FILES["c/d.parquet"])
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)  # which has no ranges
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        (file,) = input_files([f"{address}a.parquet"])
        assert len(ids([file])) == 250
        with pytest.raises(InvalidInputError, match=r"There is no file of papers at http://.*/b\.parquet"):
            input_files([f"{address}b.parquet"])
        server.shutdown()
    with pytest.raises(DatasetUnavailableError, match="cannot be read: "):
        input_files([f"{address}c.parquet"])
