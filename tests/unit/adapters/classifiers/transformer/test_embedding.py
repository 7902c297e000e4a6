"""Vectors of papers, from a saved transformer."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.transformer.embedding import load_embedder
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.storage import READING
from domain.abstract import Abstract
from domain.errors import CorruptModelError
from domain.ports.embedder import Embedder
from tests.bundles import write_bundle
from tests.checkpoints import write_checkpoint
from tests.strategies import abstracts, examples


@pytest.fixture(scope="module")
def embedder(bundle: Path) -> Embedder:
    """The embedder of the tiny bundle."""
    return load_embedder(bundle)


@examples(30)
@given(papers=st.lists(abstracts(), max_size=4))
def test_vectors_have_length_one(embedder: Embedder, papers: list[Abstract]) -> None:
    """Any papers give as many float32 vectors of length 1, as wide as the embedder says."""
    vectors = np.array(embedder.embed(papers))
    assert embedder.dimensions == 32
    assert vectors.shape == (len(papers), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_like_papers_have_like_vectors(embedder: Embedder) -> None:
    """A paper is nearer to itself with one more word than to another paper."""
    texts = ["stars in a galaxy", "stars in a large galaxy", "prime number theorem and its proof"]
    vectors = np.array(embedder.embed([Abstract(text) for text in texts]))
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > cosines[0, 2]


def test_the_fingerprint_is_the_encoders(bundle: Path, tiny: Path, tmp_path: Path) -> None:
    """The same bundle elsewhere has the same fingerprint. Other weights or another way of reading have others."""
    fingerprint = load_embedder(bundle).fingerprint
    assert load_embedder(shutil.copytree(bundle, tmp_path / "same")).fingerprint == fingerprint
    others = [
        write_bundle(tmp_path / "weights", write_checkpoint(tmp_path / "other", seed=1)),
        write_bundle(tmp_path / "precision", tiny, int8=True),
        write_bundle(tmp_path / "join", tiny, reading=ReadingOptions(title_join="sep", max_length=48)),
        write_bundle(tmp_path / "length", tiny, reading=ReadingOptions(max_length=47)),
    ]
    assert len({fingerprint, *(load_embedder(other).fingerprint for other in others)}) == 5


def test_a_broken_bundle_is_refused(bundle: Path, tmp_path: Path) -> None:
    """Reading options that are of no use are a CorruptModelError that names the folder."""
    folder = shutil.copytree(bundle, tmp_path / "broken")
    (folder / READING).write_text(json.dumps({"max_length": 1}), "utf-8")
    with pytest.raises(CorruptModelError, match=str(folder)):
        load_embedder(folder)
