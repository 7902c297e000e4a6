"""Reading the manifests of models and of indexes."""

import json
from pathlib import Path

import pytest

from adapters.files.manifests import MOST_BYTES, ManifestFormat, read_records, record_of, records_json
from adapters.model_store.manifest import FORMAT as MODEL
from adapters.paper_index.manifest import FORMAT as INDEX
from domain.errors import CorruptModelError, IncompatibleModelError


@pytest.fixture(params=[MODEL, INDEX], ids=["model", "index"])
def form(request: pytest.FixtureRequest) -> ManifestFormat:
    """The format of either manifest."""
    found: ManifestFormat = request.param
    return found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "Expecting property name"),
        (b"[]", "it is a list, not an object"),
        (b'{"format_version": 1, "a": NaN}', "'NaN' is not a number that JSON allows"),
        (b'{"format_version": 1, "a": 1e999}', "'1e999' is not a number that JSON allows"),
        (b'{"format_version": 1, "a": ' + b"[" * 70 + b"]" * 70 + b"}", "nested more than 64 deep"),
        (b"[" * 100_000, "nested more than 64 deep"),
        (b"{}", "it lacks 'format_version'"),
        (b'{"format_version": 0}', "format_version is 0"),
        (b'{"format_version": true}', "'format_version' is a bool, not a int"),
        (b'{"format_version": "1"}', "'format_version' is a str, not a int"),
    ],
    ids=["half", "list", "nan", "huge", "deep", "endless", "none", "zero", "bool", "text"],
)
def test_what_no_program_writes_is_refused(form: ManifestFormat, text: bytes, said: str) -> None:
    """A text that is no manifest is an error that names the file, what was found and what to do."""
    with pytest.raises(CorruptModelError, match="here cannot be read: ") as caught:
        form.parse(text, "here")
    assert said in str(caught.value)
    assert form.remedy in str(caught.value)


def test_a_newer_format_is_refused_with_both_numbers(form: ManifestFormat) -> None:
    """The error of a format that a later program writes differs from that of damage."""
    text = json.dumps({"format_version": form.newest + 1}).encode()
    with pytest.raises(IncompatibleModelError, match=rf"{form.newest + 1} is newer .*supports \({form.newest}\)"):
        form.parse(text, "here")
    assert form.parse(text.replace(b"%d" % (form.newest + 1), b"%d" % form.newest), "here")


def test_a_file_that_is_too_large_is_not_read(form: ManifestFormat, tmp_path: Path) -> None:
    """A manifest of more than 64 MB is refused by its size."""
    path = tmp_path / "manifest.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(CorruptModelError, match=r"manifest\.json cannot be read: it has more than 64 MB"):
        form.read(path)


def test_records_come_back(tmp_path: Path) -> None:
    """Sizes and digests of files are read as they were written."""
    (tmp_path / "a").write_bytes(b"content")
    records = {"a": record_of(tmp_path / "a")}
    assert read_records({"files": records_json(records)}) == records
    assert records["a"].size == 7
    assert records["a"].sha256.startswith("ed7002b439e9ac84")


@pytest.mark.parametrize("files", [None, [], {"a": 1}, {"a": {"size": 1}}, {"a": {"size": "1", "sha256": ""}}])
def test_records_of_other_types_are_refused(files: object) -> None:
    """A record without size and digest, or of other types, is a ValueError."""
    with pytest.raises(ValueError, match=r"lacks|is a"):
        read_records({"files": files})


@pytest.mark.parametrize(
    ("content", "said"), [(b"conten", "has 6 bytes where"), (b"Content", "was altered"), (None, "lacks its file a")]
)
def test_a_file_that_is_another_is_named(
    form: ManifestFormat, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """A file that is shorter, altered or gone is an error with the remedy. The recorded one passes."""
    path = tmp_path / "a"
    path.write_bytes(b"content")
    recorded = record_of(path)
    form.check_file(tmp_path, "a", recorded)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorruptModelError, match=said) as caught:
        form.check_file(tmp_path, "a", recorded)
    assert form.remedy in str(caught.value)
