"""Policies and conformal scores are kept in a bundle."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.model_store.integrity import record_files
from adapters.model_store.weights import copy_weights
from domain.category import Category
from domain.conformal import ConformalScores
from domain.errors import CorruptModelError
from domain.model_bundle import StoredModel
from domain.policy import Aim, Expectation, Goal, Policy
from domain.thresholds import Thresholds
from tests.examples import small_card

POLICIES = {
    "careful": Policy(
        "careful",
        Goal(Aim.PRECISION, 0.95),
        Thresholds(0.75),
        {"micro_precision": Expectation(0.96, 0.951, 0.969)},
        {"threshold": (0.9, 0.5), "micro_precision": (0.97, 0.8)},
        1200,
    ),
    "own": Policy("own", Goal(Aim.MACRO_F1), Thresholds(0.3, {Category("cs.CV"): 0.25}), {}, {}, 1200),
}
LEAST = {"cs": (0.5, 0.25), "hep-th": (0.125,)}


def saved(folder: Path, **card: Any) -> tuple[FilesystemModelStore, StoredModel]:
    """A store with one model."""
    store = FilesystemModelStore(folder)
    return store, store.save(small_card(**card), lambda place: None)


def rewritten(stored: StoredModel, name: str, content: bytes) -> None:
    """Replaces a file, and its record in the manifest."""
    (stored.folder / name).write_bytes(content)
    path = stored.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    record = record_files(stored.folder)[name]
    manifest["files"][name] = {"size": record.size, "sha256": record.sha256}
    path.write_text(json.dumps(manifest))


def test_both_come_back_as_they_were(tmp_path: Path) -> None:
    """They are read as they were written, and the manifest lists both files."""
    weights = {"cs": (1.0, 2.0), "hep-th": (0.5,)}
    store, stored = saved(tmp_path, policies=POLICIES, conformal=ConformalScores(LEAST, weights))
    found = store.find(stored.name)
    assert found.card.policies == POLICIES
    assert found.card.conformal is not None
    assert (found.card.conformal.least, found.card.conformal.weights) == (LEAST, weights)
    assert {"policies.json", "conformal.safetensors"} <= set(found.files)


def test_a_bundle_without_them_is_read(tmp_path: Path) -> None:
    """Models that were stored earlier have neither."""
    store, stored = saved(tmp_path)
    assert (store.find(stored.name).card.policies, store.find(stored.name).card.conformal) == ({}, None)
    assert not set(stored.files) & {"policies.json", "conformal.safetensors"}


def test_a_copy_of_the_weights_has_neither(tmp_path: Path) -> None:
    """A copy leaves them to the new model's card."""
    store, stored = saved(tmp_path, policies=POLICIES, conformal=ConformalScores(LEAST))
    copy = store.save(small_card(), lambda place: copy_weights(stored, place))
    assert (store.find(copy.name).card.policies, store.find(copy.name).card.conformal) == ({}, None)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"goal": "precision"}, "no goal"),
        ({"papers": 0}, "papers"),
        ({"thresholds": {"default": 2, "by_category": {}}}, "from 0 to 1"),
        ({"thresholds": {"default": 0.5, "by_category": {"stat.ML": 0.5}}}, "stat.ML"),
        ({"expected": {"micro_f1": [0.5]}}, "1 numbers"),
        ({"curve": {"threshold": [0.5], "micro_f1": []}}, "different lengths"),
    ],
)
def test_policies_that_nothing_writes_are_refused(tmp_path: Path, change: dict[str, object], wanted: str) -> None:
    """The error names the file with an impossible goal, threshold or category."""
    store, stored = saved(tmp_path, policies=POLICIES)
    document = json.loads((stored.folder / "policies.json").read_text())
    document["careful"] |= change
    rewritten(stored, "policies.json", json.dumps(document).encode())
    with pytest.raises(CorruptModelError, match=wanted):
        store.find(stored.name)


def test_scores_that_nothing_writes_are_refused(tmp_path: Path) -> None:
    """The error says that the file is damaged, or that a probability is above 1."""
    store, stored = saved(tmp_path, conformal=ConformalScores(LEAST))
    content = (stored.folder / "conformal.safetensors").read_bytes()
    rewritten(stored, "conformal.safetensors", content[:-4] + b"\x00\x00\x80\x40")
    with pytest.raises(CorruptModelError, match="not between 0 and 1"):
        store.find(stored.name)
    rewritten(stored, "conformal.safetensors", content[:20])
    with pytest.raises(CorruptModelError, match="no safetensors file"):
        store.find(stored.name)
