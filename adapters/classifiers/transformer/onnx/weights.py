"""Reads an encoder and its head from a graph that `graph.py` wrote. int8 weights become float32."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.encoder_config import EncoderConfig
from domain.errors import CorruptModelError

_INTERMEDIATE = "encoder.layer.0.intermediate.dense.bias"
_PARTS = ("query", "key", "value")
_ACTIVATIONS = {"BiasGelu": "gelu", "FastGelu": "gelu_new", "Relu": "relu", "Tanh": "tanh", "Sigmoid": "silu"}
_Initial = dict[str, np.ndarray]


def read_onnx(path: Path) -> tuple[EncoderConfig, dict[str, NDArray[np.float32]]]:
    """Returns the encoder's configuration, and the encoder's and the head's tensors as float32.

    Tensors have BertModel's names, the head's `head.*`. Token types are zeros, because the graph's positions already
    include them. There are as many positions as in the graph.
    Raises CorruptModelError for a file without such a graph.
    """
    from google.protobuf.message import DecodeError
    from onnx import load, numpy_helper

    try:
        graph = load(str(path)).graph
        initial = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
        tensors = _named(initial)
        return _config(graph.node, tensors), tensors
    except (DecodeError, KeyError, IndexError, StopIteration, OSError, ValueError) as error:
        raise CorruptModelError(f"The weights in {path} cannot be read ({error!r}). Restore the model.") from error


def _config(nodes: Any, tensors: dict[str, NDArray[np.float32]]) -> EncoderConfig:
    vocabulary, width = tensors["embeddings.word_embeddings.weight"].shape
    return EncoderConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=sum(node.op_type == "MultiHeadAttention" for node in nodes),
        num_attention_heads=_attribute(nodes, "MultiHeadAttention", "num_heads").i,
        intermediate_size=len(tensors[_INTERMEDIATE]),
        max_position_embeddings=len(tensors["embeddings.position_embeddings.weight"]),
        hidden_act=_activation(nodes),
        layer_norm_eps=float(f"{_attribute(nodes, 'LayerNormalization', 'epsilon').f:.6g}"),  # kept as float32
    )


def _activation(nodes: Any) -> str:
    """Returns the activation after the first block's intermediate layer."""
    node = next(node for node in nodes if _INTERMEDIATE in node.input)
    if node.op_type == "Add":
        node = next(after for after in nodes if node.output[0] in after.input)
    return _ACTIVATIONS[node.op_type]


def _attribute(nodes: Any, operator: str, name: str) -> Any:
    node = next(node for node in nodes if node.op_type == operator)
    return next(attribute for attribute in node.attribute if attribute.name == name)


def _named(initial: _Initial) -> dict[str, NDArray[np.float32]]:
    positions = initial["positions"].astype(np.float32)
    found = {
        "embeddings.word_embeddings.weight": _table(initial, "word"),
        "embeddings.position_embeddings.weight": positions,
        "embeddings.token_type_embeddings.weight": np.zeros((2, positions.shape[1]), np.float32),
    }
    for name, value in initial.items():
        prefix, _, ending = name.rpartition(".")
        if ending not in ("weight", "bias"):
            continue
        tensor = _weight(initial, name) if value.ndim == 2 else np.array(value, dtype=np.float32)
        if prefix.endswith(".joint"):
            found |= _parts(prefix.removesuffix(".joint"), ending, tensor)
        else:
            found[name] = tensor
    return found


def _weight(initial: _Initial, name: str) -> NDArray[np.float32]:
    """Returns a weight, shape (outputs, inputs)."""
    weight = initial[name].astype(np.float32)
    scale = initial.get(f"{name.removesuffix('.weight')}.scale")
    return np.ascontiguousarray((weight if scale is None else weight * scale).T)


def _table(initial: _Initial, name: str) -> NDArray[np.float32]:
    scale = initial.get(f"{name}.scale")
    table = initial[name].astype(np.float32)
    return table if scale is None else table * scale


def _parts(prefix: str, ending: str, joint: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    pieces = zip(_PARTS, np.split(joint, 3), strict=True)
    return {f"{prefix}.{part}.{ending}": np.ascontiguousarray(piece) for part, piece in pieces}
