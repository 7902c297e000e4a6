"""Indexes in folders: what is refused, and that nothing is lost."""

import json
from pathlib import Path

import pytest

from adapters.paper_index.folder import FolderIndexStore
from domain.errors import ArxivClassifierError, CorruptModelError, IncompatibleModelError, InvalidInputError
from tests.contracts.test_paper_index_contract import ORIGIN, indexed, unit_vectors

STORES = {"exact": FolderIndexStore(), "graph": FolderIndexStore(exact_up_to=0)}


@pytest.fixture(params=STORES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An index's folder."""
    indexed(STORES[request.param], tmp_path / "index", unit_vectors(30))
    return tmp_path / "index"


def test_an_altered_file_is_refused(folder: Path) -> None:
    """A byte that differs in any file is a CorruptModelError naming the file."""
    for path in [path for path in folder.iterdir() if path.name != "index.json"]:
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(CorruptModelError, match=path.name):
            FolderIndexStore().open(folder)
        path.write_bytes(kept)
    assert len(FolderIndexStore().open(folder)) == 30


def test_a_missing_file_is_named(folder: Path) -> None:
    """A file that is gone is a CorruptModelError naming it, with what to do."""
    (folder / "papers.arrow").unlink()
    with pytest.raises(CorruptModelError, match=r"lacks its file papers\.arrow.*arxiv-classifier index"):
        FolderIndexStore().open(folder)


def test_another_format_is_refused(folder: Path) -> None:
    """An index of a later format is an IncompatibleModelError that says which."""
    manifest = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**manifest, "format_version": 9}))
    with pytest.raises(IncompatibleModelError, match="format 9"):
        FolderIndexStore().open(folder)


@pytest.mark.parametrize("content", [{"format": "arxiv-classifier paper index", "format_version": 1}, {}, []])
def test_a_manifest_that_says_too_little_is_refused(folder: Path, content: object) -> None:
    """A manifest without what is needed is one of our errors."""
    (folder / "index.json").write_text(json.dumps(content))
    with pytest.raises(ArxivClassifierError, match="index"):
        FolderIndexStore().open(folder)


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    """A folder that is no index is not replaced by one."""
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InvalidInputError, match="not an index"):
        FolderIndexStore().create(tmp_path, ORIGIN)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
