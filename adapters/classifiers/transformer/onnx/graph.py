"""Writes an encoder with its pooling and head as an ONNX graph, directly from its weights.

The graph is the same for every Keras backend. It consists of operators that ONNX Runtime fuses: multi-head attention,
residual with normalisation, GELU. Dynamic int8 stores weights with one scale per output and tables with one per row. It
rounds a product's other operand with a single scale, which papers of one batch would share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.encoder_config import EncoderConfig

Tensors = Mapping[str, NDArray[np.float32]]

_OPSET, _CONTRIB = 17, "com.microsoft"
TOKENS, LENGTHS, PROBABILITIES, VECTORS = "tokens", "lengths", "probabilities", "vectors"


@dataclass(slots=True)
class _Graph:
    """The nodes and initial values written so far."""

    int8: bool
    nodes: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    count: int = 0

    def value(self, array: NDArray[Any], name: str) -> str:
        from onnx import numpy_helper

        self.values.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def node(self, operator: str, inputs: list[str], domain: str = "", outputs: int = 1, **attributes: Any) -> Any:
        from onnx import helper

        self.count += 1
        names = [f"{operator}_{self.count}" + (f"_{n}" if n else "") for n in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def dense(self, hidden: str, weight: NDArray[np.float32], bias: NDArray[np.float32] | None, name: str) -> str:
        """Adds the product with a weight (outputs, inputs), plus an optional bias, and returns its name."""
        offset = None if bias is None else self.value(bias, f"{name}.bias")
        if self.int8:
            product = self._int8_product(hidden, weight, name)
        else:
            product = self.node("MatMul", [hidden, self.value(weight.T, f"{name}.weight")])
        return product if offset is None else self.node("Add", [product, offset])

    def _int8_product(self, hidden: str, weight: NDArray[np.float32], name: str) -> str:
        rounded, scale = int8_rows(weight)
        names = [
            self.value(rounded.T, f"{name}.weight"),
            self.value(scale[:, 0], f"{name}.scale"),
            self.value(np.zeros(len(scale), np.int8), f"{name}.zero"),
        ]
        return str(self.node("DynamicQuantizeMatMul", [hidden, *names], _CONTRIB))

    def table(self, rows: str, table: NDArray[np.float32], name: str) -> str:
        """Adds a look-up of rows in a table of embeddings and returns its name. In int8, each row has its own scale."""
        if not self.int8:
            return str(self.node("Gather", [self.value(table, name), rows]))
        rounded, scale = int8_rows(table)
        small = self.value(rounded, name)
        widened = self.node("Cast", [self.node("Gather", [small, rows])], to=1)
        return str(self.node("Mul", [widened, self.node("Gather", [self.value(scale, f"{name}.scale"), rows])]))


def int8_rows(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Returns the table in int8 and a scale per row, shape (rows, 1), symmetric and rounded to nearest."""
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), np.float32(1e-12)) / np.float32(127)
    return np.rint(table / scale).astype(np.int8), scale.astype(np.float32)


def write_onnx(
    path: Path, tensors: Tensors, config: EncoderConfig, *, pooling: str, int8: bool, longest: int | None = None
) -> None:
    """Writes a graph from tokens (papers, length) int32 and lengths (papers,) int32 to probabilities and vectors.

    `tensors` has Hugging Face's names, with the head's layers as `head.*`. Vectors (papers, hidden_size) are the output
    of pooling. Positions beyond `longest` are left out of the file.
    """
    from onnx import save

    graph = _Graph(int8)
    hidden = _embedded(graph, tensors, config, longest)
    for number in range(config.num_hidden_layers):
        hidden = _block(graph, hidden, tensors, config, number)
    vectors = _pooled(graph, hidden, tensors, pooling)
    save(_model(graph, _head(graph, vectors, tensors), vectors, tensors, config), str(path))


def _embedded(graph: _Graph, tensors: Tensors, config: EncoderConfig, longest: int | None) -> str:
    word = graph.table(TOKENS, tensors["embeddings.word_embeddings.weight"], "word")
    # Papers are one segment, so its type embedding is added to every position.
    positions = tensors["embeddings.position_embeddings.weight"][:longest]
    positions = positions + tensors["embeddings.token_type_embeddings.weight"][0]
    shape = graph.node("Shape", [TOKENS])
    length = graph.node("Gather", [shape, graph.value(np.array([1]), "axis_1")])
    start, axis = graph.value(np.array([0]), "zero"), graph.value(np.array([0]), "axis_0")
    rows = graph.node("Slice", [graph.value(positions, "positions"), start, length, axis])
    return _norm(graph, graph.node("Add", [word, rows]), tensors, "embeddings.LayerNorm", config)


def _norm(graph: _Graph, hidden: str, tensors: Tensors, name: str, config: EncoderConfig) -> str:
    scale, offset = (graph.value(tensors[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias"))
    return str(graph.node("LayerNormalization", [hidden, scale, offset], epsilon=config.layer_norm_eps, axis=-1))


def _residual(
    graph: _Graph, hidden: str, update: str, tensors: Tensors, dense: str, norm: str, config: EncoderConfig
) -> str:
    """Adds the normalised sum of a hidden state, its update, and the update's bias."""
    scale, offset = (graph.value(tensors[f"{norm}.{part}"], f"{norm}.{part}") for part in ("weight", "bias"))
    bias = graph.value(tensors[f"{dense}.bias"], f"{dense}.bias")
    inputs = [update, hidden, scale, offset, bias]
    return str(graph.node("SkipLayerNormalization", inputs, _CONTRIB, epsilon=config.layer_norm_eps))


def _block(graph: _Graph, hidden: str, tensors: Tensors, config: EncoderConfig, number: int) -> str:
    prefix = f"encoder.layer.{number}"
    attended = _attended(graph, hidden, tensors, config, f"{prefix}.attention.self")
    name = f"{prefix}.attention.output"
    update = graph.dense(attended, tensors[f"{name}.dense.weight"], None, f"{name}.dense")
    hidden = _residual(graph, hidden, update, tensors, f"{name}.dense", f"{name}.LayerNorm", config)
    inner = graph.dense(hidden, tensors[f"{prefix}.intermediate.dense.weight"], None, f"{prefix}.intermediate.dense")
    bias = graph.value(tensors[f"{prefix}.intermediate.dense.bias"], f"{prefix}.intermediate.dense.bias")
    active = _activated(graph, inner, bias, config.hidden_act)
    name = f"{prefix}.output"
    update = graph.dense(active, tensors[f"{name}.dense.weight"], None, f"{name}.dense")
    return _residual(graph, hidden, update, tensors, f"{name}.dense", f"{name}.LayerNorm", config)


def _attended(graph: _Graph, hidden: str, tensors: Tensors, config: EncoderConfig, name: str) -> str:
    parts = [(tensors[f"{name}.{part}.weight"], tensors[f"{name}.{part}.bias"]) for part in ("query", "key", "value")]
    weight, bias = np.concatenate([w for w, _ in parts]), np.concatenate([b for _, b in parts])
    joint = graph.dense(hidden, weight, bias, f"{name}.joint")
    query, key, value = graph.node("Split", [joint], outputs=3, axis=-1)
    inputs = [query, key, value, "", LENGTHS]
    return str(graph.node("MultiHeadAttention", inputs, _CONTRIB, num_heads=config.num_attention_heads))


def _activated(graph: _Graph, hidden: str, bias: str, name: str) -> str:
    if name == "gelu":
        return str(graph.node("BiasGelu", [hidden, bias], _CONTRIB))
    if name in ("gelu_new", "gelu_pytorch_tanh"):
        return str(graph.node("FastGelu", [hidden, bias], _CONTRIB))
    moved = graph.node("Add", [hidden, bias])
    if name == "silu":
        return str(graph.node("Mul", [moved, graph.node("Sigmoid", [moved])]))
    return str(graph.node({"relu": "Relu", "tanh": "Tanh"}[name], [moved]))


def _pooled(graph: _Graph, hidden: str, tensors: Tensors, pooling: str) -> str:
    if pooling != "mean":
        first = graph.node("Gather", [hidden, graph.value(np.array(0), "first")], axis=1)
        if pooling == "cls":
            return str(first)
        weight, bias = tensors["pooler.dense.weight"], tensors["pooler.dense.bias"]
        return str(graph.node("Tanh", [graph.dense(first, weight, bias, "pooler.dense")]))
    length = graph.node("Gather", [graph.node("Shape", [TOKENS]), graph.value(np.array(1), "second")])
    ends = [graph.value(np.array(0, np.int64), "range_start"), length, graph.value(np.array(1, np.int64), "range_step")]
    places = graph.node("Cast", [graph.node("Range", ends)], to=6)
    lengths = graph.node("Unsqueeze", [LENGTHS, graph.value(np.array([1]), "axis_one")])
    mask = graph.node("Cast", [graph.node("Less", [places, lengths])], to=1)
    summed = graph.node("MatMul", [graph.node("Unsqueeze", [mask, "axis_one"]), hidden])
    vectors = graph.node("Squeeze", [summed, "axis_one"])
    return str(graph.node("Div", [vectors, graph.node("Cast", [lengths], to=1)]))


def _head(graph: _Graph, vectors: str, tensors: Tensors) -> str:
    """Adds the head, which stays in float32 because it is small and decides the result."""
    if "head.logits.weight" not in tensors:
        return ""
    graph.int8 = False
    hidden = vectors
    if "head.hidden.weight" in tensors:
        dense = graph.dense(hidden, tensors["head.hidden.weight"], tensors["head.hidden.bias"], "head.hidden")
        hidden = graph.node("Relu", [dense])
    logits = graph.dense(hidden, tensors["head.logits.weight"], tensors["head.logits.bias"], "head.logits")
    return str(graph.node("Sigmoid", [logits]))


def _model(graph: _Graph, probabilities: str, vectors: str, tensors: Tensors, config: EncoderConfig) -> Any:
    from onnx import TensorProto, helper

    outputs = [(vectors, VECTORS, config.hidden_size)]
    if probabilities:
        outputs.insert(0, (probabilities, PROBABILITIES, len(tensors["head.logits.bias"])))
    graph.nodes += [helper.make_node("Identity", [found], [name]) for found, name, _ in outputs]
    inputs = [
        helper.make_tensor_value_info(TOKENS, TensorProto.INT32, ["papers", "length"]),
        helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, ["papers"]),
    ]
    results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["papers", width]) for _, n, width in outputs]
    made = helper.make_graph(graph.nodes, "transformer", inputs, results, graph.values)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=8, producer_name="arxiv-classifier")
