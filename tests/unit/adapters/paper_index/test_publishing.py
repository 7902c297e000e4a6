"""Where an index may be put, and that it appears whole or not at all."""

import errno
import json
import os
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.paper_index.folder import FolderIndexStore
from domain.errors import ArxivClassifierError, CorruptModelError, IncompatibleModelError, InvalidInputError
from tests.contracts.test_paper_index_contract import ORIGIN, indexed, papers, unit_vectors


def test_an_index_with_other_files_beside_it_is_not_replaced(tmp_path: Path) -> None:
    """Replacing the folder would take a stranger's file with it, so it is refused and the file named."""
    folder = tmp_path / "index"
    indexed(FolderIndexStore(), folder, unit_vectors(3))
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match=r"holds notes\.txt"):
        FolderIndexStore().create(folder, ORIGIN)


def test_a_file_that_came_while_papers_were_embedded_stays(tmp_path: Path) -> None:
    """A file that was put into the folder after the start is kept at the end, and no partial file is left."""
    folder = tmp_path / "index"
    writer = FolderIndexStore().create(folder, ORIGIN)
    writer.add(papers(2), unit_vectors(2).data)
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(InvalidInputError, match="not an index"):
        writer.finish()
    writer.discard()
    assert [path.name for path in tmp_path.rglob("*")] == ["index", "thesis.tex"]


def test_a_file_is_no_place_for_an_index(tmp_path: Path) -> None:
    """A file where the folder should be is refused."""
    (tmp_path / "index").write_text("")
    with pytest.raises(InvalidInputError, match="is a file"):
        FolderIndexStore().create(tmp_path / "index", ORIGIN)


def test_folders_on_the_way_are_made_and_go_again(tmp_path: Path) -> None:
    """Missing parents are made for an index, and removed when it is given up."""
    writer = FolderIndexStore().create(tmp_path / "a" / "b" / "index", ORIGIN)
    writer.add(papers(2), unit_vectors(2).data)
    assert (tmp_path / "a" / "b").is_dir()
    writer.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """An index written through a link is where the link points."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    indexed(FolderIndexStore(), tmp_path / "link", unit_vectors(3))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "index.json").is_file()


def test_a_full_disk_is_told_with_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that turns out full when the index is made safe is one sentence, and the earlier index stays."""
    folder = tmp_path / "index"
    indexed(FolderIndexStore(), folder, unit_vectors(3))
    writer = FolderIndexStore().create(folder, ORIGIN)
    writer.add(papers(5), unit_vectors(5).data)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ArxivClassifierError, match="index: No space left on device"):
            writer.finish()
    writer.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert len(FolderIndexStore().open(folder)) == 3


def test_the_earlier_index_comes_back_where_the_new_one_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the second of the two renames fails, the first is undone."""
    folder = tmp_path / "index"
    indexed(FolderIndexStore(), folder, unit_vectors(3))
    writer = FolderIndexStore().create(folder, ORIGIN)
    writer.add(papers(5), unit_vectors(5).data)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(ArxivClassifierError, match="Permission denied"):
            writer.finish()
    writer.discard()
    assert len(FolderIndexStore().open(folder)) == 3


def test_an_index_among_models_is_taken_for_none(tmp_path: Path) -> None:
    """By default an index lies beside the models; their store does not list it."""
    indexed(FolderIndexStore(), tmp_path / "index", unit_vectors(3))
    assert FilesystemModelStore(tmp_path, bundled=[tmp_path / "index"]).list() == ()
    assert not (tmp_path / "index" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"layout": "tree"}, IncompatibleModelError, "layout tree"),
        ({"metric": "euclidean"}, IncompatibleModelError, "metric euclidean"),
        ({"format_version": 0}, CorruptModelError, "format_version is 0"),
        ({"papers": 4}, CorruptModelError, "3 papers and 3 vectors where its manifest says 4"),
        ({"papers": "3"}, CorruptModelError, "'papers' is a str"),
        ({"papers": True}, CorruptModelError, "'papers' is a bool"),
        ({"encoder": {"model": "m", "fingerprint": "f", "dimensions": 0}}, CorruptModelError, "'dimensions' is 0"),
        ({"files": {}}, CorruptModelError, r"lacks 'papers\.arrow'"),
    ],
)
def test_a_manifest_that_cannot_be_right(
    tmp_path: Path, change: dict[str, object], error: type[Exception], said: str
) -> None:
    """A manifest of another program, or one that contradicts the files, is refused with the finding."""
    indexed(FolderIndexStore(), tmp_path / "index", unit_vectors(3))
    path = tmp_path / "index" / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(error, match=said):
        FolderIndexStore().open(tmp_path / "index")


def test_papers_keep_their_words(tmp_path: Path) -> None:
    """Ids, titles and categories come back as they were given, over more than one block of the file."""
    vectors = unit_vectors(9000)
    index = indexed(FolderIndexStore(), tmp_path / "index", vectors)
    found = index.search(vectors[[0, 8191, 8192, 8999]].copy().data, 1)
    every = papers(9000)
    assert [rows[0].paper for rows in found] == [every[row] for row in (0, 8191, 8192, 8999)]
