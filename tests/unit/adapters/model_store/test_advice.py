"""The advice that a model learnt is kept in its bundle."""

import json
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.model_store.integrity import record_files
from adapters.model_store.weights import copy_weights
from domain.advice_fit import AdviceFit, AdviceThresholds, PrimaryHead
from domain.category import Category
from domain.errors import CorruptModelError
from domain.model_bundle import StoredModel
from tests.examples import small_card

PRIMARIES = (Category("cs.LG"), Category("math-ph"))
FIT = AdviceFit(
    PrimaryHead(PRIMARIES, ((0.5, -1.25), (0.0, 2.0), (0.125, 0.25)), (0.5, -0.5, 1.0)),
    AdviceThresholds(0.7, 0.3, 0.6, 0.02, 12.5),
)


def saved(folder: Path, fit: AdviceFit | None = FIT) -> tuple[FilesystemModelStore, StoredModel]:
    """A store with one model."""
    store = FilesystemModelStore(folder)
    return store, store.save(small_card(advice=fit), lambda place: None)


def test_advice_comes_back_as_it_was(tmp_path: Path) -> None:
    """Head and thresholds are read as they were written, and the manifest lists both files with their hashes."""
    store, stored = saved(tmp_path)
    found = store.find(stored.name)
    assert found.card.advice == FIT
    assert {"advice.json", "primary.safetensors"} <= set(found.files)


def test_a_bundle_without_advice_is_read(tmp_path: Path) -> None:
    """Models that were stored earlier have none."""
    store, stored = saved(tmp_path, None)
    assert store.find(stored.name).card.advice is None
    assert not set(stored.files) & {"advice.json", "primary.safetensors"}


def test_a_copy_has_its_own_advice(tmp_path: Path) -> None:
    """A copy of the weights leaves the advice to the new model's card."""
    store, stored = saved(tmp_path)
    copy = store.save(small_card(advice=None), lambda place: copy_weights(stored, place))
    assert store.find(copy.name).card.advice is None


def test_an_altered_head_is_told(tmp_path: Path) -> None:
    """The manifest's hash of primary.safetensors is compared."""
    store, stored = saved(tmp_path)
    path = stored.folder / "primary.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(CorruptModelError, match=r"primary\.safetensors was altered"):
        store.find(stored.name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"primaries": ["cs.LG", "cs.XX"]}, "cs.XX is none of the model's categories"),
        ({"primaries": ["cs.LG"]}, "the weights are not 2 by 1"),
        ({"primaries": ["cs.LG", 7]}, "a primary is a int"),
        ({"thresholds": {"outside": 0.5}}, "the thresholds are outside"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """Each error names what is wrong."""
    store, stored = saved(tmp_path)
    path = stored.folder / "advice.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    _list_anew(stored)
    with pytest.raises(CorruptModelError, match=said):
        store.find(stored.name)


def test_one_file_without_the_other_is_refused(tmp_path: Path) -> None:
    """A head without thresholds is half of the advice."""
    store, stored = saved(tmp_path)
    (stored.folder / "advice.json").unlink()
    _list_anew(stored)
    with pytest.raises(CorruptModelError, match=r"lists primary\.safetensors without the other file"):
        store.find(stored.name)


def _list_anew(stored: StoredModel) -> None:
    """Writes the files as they are now into the manifest."""
    path = stored.folder / "manifest.json"
    files = {n: {"size": r.size, "sha256": r.sha256} for n, r in record_files(stored.folder).items()}
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": files}))
