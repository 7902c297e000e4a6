"""Weights read back from the graph that is served."""

import json
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
from adapters.classifiers.transformer.encoder_config import ACTIVATIONS
from adapters.classifiers.transformer.onnx.graph import write_onnx
from adapters.classifiers.transformer.onnx.weights import read_onnx
from adapters.classifiers.transformer.storage import MODEL
from domain.errors import CorruptModelError
from tests.bundles import random_head, write_bundle
from tests.checkpoints import write_checkpoint
from tests.lazily import skip_without

skip_without("onnx")
_SEGMENT = "embeddings.token_type_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layers", [1, 2])
def test_gives_back_what_was_written(tmp_path: Path, activation: str, layers: int) -> None:
    """In float32 configuration and tensors are those that were written, the token type added to the positions."""
    folder = write_checkpoint(tmp_path / "tiny", hidden_act=activation, num_hidden_layers=layers, layer_norm_eps=1e-7)
    given = open_checkpoint(str(folder))
    tensors = {**given.tensors, **random_head(given.config.hidden_size, 5, hidden=6)}
    write_onnx(tmp_path / MODEL, tensors, given.config, pooling="pooler", int8=False)
    config, found = read_onnx(tmp_path / MODEL)
    assert config.to_json() == {**given.config.to_json(), "hidden_act": activation.replace("_pytorch_tanh", "_new")}
    assert found.keys() == tensors.keys()
    np.testing.assert_array_equal(found[_POSITIONS], tensors[_POSITIONS] + tensors[_SEGMENT][0])
    assert not found[_SEGMENT].any()
    for name in tensors.keys() - {_POSITIONS, _SEGMENT}:
        np.testing.assert_array_equal(found[name], tensors[name], err_msg=name)


def test_what_is_rounded_is_not_rounded_again(tmp_path: Path) -> None:
    """Written once more in int8, the weights read from an int8 graph make the same file."""
    bundle = write_bundle(tmp_path / "bundle", write_checkpoint(tmp_path / "tiny"), int8=True)
    config, tensors = read_onnx(bundle / MODEL)
    write_onnx(tmp_path / "again.onnx", tensors, config, pooling="mean", int8=True)
    again, first = read_onnx(tmp_path / "again.onnx")[1], tensors
    for name, tensor in first.items():
        np.testing.assert_allclose(again[name], tensor, rtol=1e-6, atol=1e-9, err_msg=name)


def test_a_saved_model_is_a_checkpoint(tmp_path: Path) -> None:
    """A bundle's folder opens as a checkpoint with the head and the fingerprint of its categories."""
    bundle = write_bundle(tmp_path / "bundle", write_checkpoint(tmp_path / "tiny"), categories=5)
    (bundle / "manifest.json").write_text(json.dumps({"taxonomy": {"fingerprint": "abc"}}), "utf-8")
    opened = open_checkpoint(str(bundle))
    assert opened.head["head.logits.weight"].shape == (5, 32)
    assert not opened.tensors.keys() & opened.head.keys()
    assert opened.taxonomy == "abc"


@pytest.mark.parametrize("spoil", [lambda data: data[:2000], lambda data: b"", lambda data: b"\xff" * 100])
def test_a_spoilt_graph_is_an_error(tmp_path: Path, spoil: "type[bytes]") -> None:
    """A file cut short, empty or of something else is refused by its name."""
    bundle = write_bundle(tmp_path / "bundle", write_checkpoint(tmp_path / "tiny"))
    (bundle / MODEL).write_bytes(spoil((bundle / MODEL).read_bytes()))
    with pytest.raises(CorruptModelError, match=r"model\.onnx cannot be read"):
        open_checkpoint(str(bundle))
