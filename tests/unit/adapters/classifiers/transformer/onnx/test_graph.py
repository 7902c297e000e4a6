"""The ONNX graph computes what the Keras network does."""

from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.checkpoint import Checkpoint, open_checkpoint
from adapters.classifiers.transformer.onnx.graph import PROBABILITIES, VECTORS, int8_rows, write_onnx
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import POOLINGS, ReadingOptions, TransformerOptions
from adapters.classifiers.transformer.tokenizing import Tokens, open_tokenizer
from tests.bundles import random_head
from tests.checkpoints import Tensors, write_checkpoint
from tests.lazily import skip_without

skip_without("keras")

CATEGORIES, HIDDEN = 5, 7
ACTIVATIONS = ["gelu", "gelu_new", "relu", "silu", "tanh"]
IDS = np.random.default_rng(0).integers(5, 100, (3, 20)).astype(np.int32)
LENGTHS = [20, 3, 11]


@pytest.fixture(scope="module", params=ACTIVATIONS)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """One block of random weights, with each activation."""
    folder = tmp_path_factory.mktemp(request.param)
    return open_checkpoint(str(write_checkpoint(folder, hidden_act=request.param, num_hidden_layers=1)))


def tensors_of(checkpoint: Checkpoint, hidden: int = 0) -> Tensors:
    """The encoder's weights and those of a random head."""
    return {**checkpoint.tensors, **random_head(checkpoint.config.hidden_size, CATEGORIES, hidden=hidden)}


def by_keras(checkpoint: Checkpoint, tensors: Tensors, options: TransformerOptions) -> np.ndarray:
    """Probabilities of the padded batch."""
    from keras import ops

    from adapters.classifiers.transformer.keras_file import rebuilt

    mask = (np.arange(IDS.shape[1]) < np.array(LENGTHS)[:, None]).astype(np.int32)
    network = rebuilt(tensors, checkpoint.config, options)
    return np.asarray(ops.convert_to_numpy(ops.sigmoid(network([IDS * mask, mask], training=False))))


def by_onnx(path: Path, checkpoint: Checkpoint, output: str = PROBABILITIES) -> np.ndarray:
    """An output for the same papers, one by one and unpadded."""
    runtime = OnnxRuntime(path, open_tokenizer(checkpoint.folder, ReadingOptions()))
    flat = np.concatenate([ids[:length] for ids, length in zip(IDS, LENGTHS, strict=True)])
    rows = np.empty((len(LENGTHS), runtime.width(output)), np.float32)
    runtime.run_tokens(Tokens(flat, np.concatenate([[0], np.cumsum(LENGTHS)])), output, rows)
    return rows


@pytest.mark.parametrize("hidden", [0, HIDDEN])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_float32_is_the_network(checkpoint: Checkpoint, pooling: str, hidden: int, tmp_path: Path) -> None:
    """For each activation, pooling and head, the probabilities are those of the Keras network on a padded batch."""
    tensors, path = tensors_of(checkpoint, hidden), tmp_path / "model.onnx"
    write_onnx(path, tensors, checkpoint.config, pooling=pooling, int8=False)
    expected = by_keras(checkpoint, tensors, TransformerOptions(pooling=pooling, head_hidden=hidden))
    assert np.ptp(expected, axis=0).max() > 0.1
    np.testing.assert_allclose(by_onnx(path, checkpoint), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("hidden", [0, HIDDEN])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_int8_is_near_and_small(checkpoint: Checkpoint, pooling: str, hidden: int, tmp_path: Path) -> None:
    """In int8 probabilities differ by less than 0.1 from float32, and the file has less than half the size."""
    paths = {int8: tmp_path / f"{int8}.onnx" for int8 in (False, True)}
    for int8, path in paths.items():
        write_onnx(path, tensors_of(checkpoint, hidden), checkpoint.config, pooling=pooling, int8=int8)
    whole, rounded = (by_onnx(path, checkpoint) for path in paths.values())
    assert 0 < np.abs(rounded - whole).max() < 0.1
    assert paths[True].stat().st_size < paths[False].stat().st_size / 2


def test_positions_beyond_the_longest_are_left_out(tiny: Path, tmp_path: Path) -> None:
    """A graph for 20 tokens lacks the rows of the 44 other positions, and gives the same up to there."""
    checkpoint = open_checkpoint(str(tiny))
    whole, cut = tmp_path / "whole.onnx", tmp_path / "cut.onnx"
    write_onnx(whole, checkpoint.tensors, checkpoint.config, pooling="mean", int8=False)
    write_onnx(cut, checkpoint.tensors, checkpoint.config, pooling="mean", int8=False, longest=20)
    saved = whole.stat().st_size - cut.stat().st_size
    assert abs(saved - 44 * checkpoint.config.hidden_size * 4) < 64
    np.testing.assert_array_equal(by_onnx(cut, checkpoint, VECTORS), by_onnx(whole, checkpoint, VECTORS))


def test_rows_are_rounded_by_half_a_step() -> None:
    """Each row in int8 times its scale is at most half a step from what it was, and a row of zeros stays so."""
    spread = np.array([1e-3, 1, 9, 0, 50, 2], np.float32)[:, None]
    table = np.random.default_rng(0).normal(size=(6, 9)).astype(np.float32) * spread
    rounded, scale = int8_rows(table)
    assert (np.abs(rounded * scale - table) <= scale * 0.5001).all()
    assert np.abs(rounded[[0, 1, 2, 4, 5]]).max(axis=1).tolist() == [127] * 5
    assert not rounded[3].any()
