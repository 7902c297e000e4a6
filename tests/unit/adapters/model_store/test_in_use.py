"""The file that says which model is in use."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.model_store.in_use import FILE, ModelInUseFile
from domain.errors import ConfigurationError
from domain.model_in_use import ModelInUse

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
FIRST, SECOND = ModelInUse("tiny/1", "tiny"), ModelInUse("/models/größer", "big")


def test_keeps_the_last_choice(tmp_path: Path) -> None:
    """The last choice is read back, also by another process. Before any choice there is none."""
    file = ModelInUseFile(tmp_path / "artifacts")
    assert file.get() is None
    file.use(FIRST)
    file.use(SECOND)
    assert ModelInUseFile(tmp_path / "artifacts").get() == SECOND


def test_forgets_the_choice(tmp_path: Path) -> None:
    """Going back to the shipped model removes the file. Without a choice nothing happens."""
    file = ModelInUseFile(tmp_path)
    file.use(FIRST)
    file.use_shipped()
    file.use_shipped()
    assert file.get() is None
    assert list(tmp_path.iterdir()) == []


def test_a_person_can_read_it(tmp_path: Path) -> None:
    """The file holds the reference and the kind as JSON, with the permissions of the folder."""
    ModelInUseFile(tmp_path).use(SECOND)
    assert (tmp_path / FILE).read_text("utf-8") == '{\n "model": "/models/größer",\n "kind": "big"\n}\n'
    assert (tmp_path / FILE).stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": "tiny"}', '{"model": 1, "kind": "tiny"}', "[" * 100_000])
def test_what_is_no_choice_is_told_with_the_way_back(tmp_path: Path, content: str) -> None:
    """A file that was edited into something else is named, and `models use --shipped` helps."""
    file = ModelInUseFile(tmp_path)
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ConfigurationError, match=r"in-use\.json does not say .* models use --shipped"):
        file.get()
    file.use_shipped()
    assert file.get() is None


@pytest.mark.parametrize("make", [os.mkdir, pytest.param(getattr(os, "mkfifo", None), marks=needs_pipes)])
def test_what_is_no_file_is_told_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A folder or a pipe of that name is neither read nor replaced, and the error says to delete it."""
    file = ModelInUseFile(tmp_path)
    make(tmp_path / FILE)
    for call in (file.get, lambda: file.use(FIRST), file.use_shipped):
        with pytest.raises(ConfigurationError, match=r"in-use\.json, which .* and no file\. Delete it"):
            call()
    assert (tmp_path / FILE).exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the artifacts should be is an error that names the place, and it stays as it was."""
    (tmp_path / "artifacts").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"artifacts/in-use\.json"):
        ModelInUseFile(tmp_path / "artifacts").use(FIRST)
    assert (tmp_path / "artifacts").read_text() == "mine"


def test_readers_see_one_choice_or_the_other(tmp_path: Path) -> None:
    """While two threads change the choice, a reader always finds a whole one, and no partial file stays."""
    file = ModelInUseFile(tmp_path)
    file.use(FIRST)
    threads = [threading.Thread(target=lambda m=model: [file.use(m) for _ in range(50)]) for model in (FIRST, SECOND)]
    for thread in threads:
        thread.start()
    seen = {file.get() for _ in range(200)}
    for thread in threads:
        thread.join()
    assert seen <= {FIRST, SECOND}
    assert os.listdir(tmp_path) == [FILE]
