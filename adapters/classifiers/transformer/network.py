"""The encoder with pooling and head as one Keras model. Imported only to train or to export."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from adapters.classifiers.transformer.encoder import Embeddings, EncoderBlock
from adapters.classifiers.transformer.encoder_config import EncoderConfig
from adapters.classifiers.transformer.options import TransformerOptions

Tensors = Mapping[str, NDArray[np.float32]]
_PACKAGE = "arxiv_classifier"


@keras.saving.register_keras_serializable(_PACKAGE)
class Pooling(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """One float32 vector per paper: the mean of its tokens' states, or the first token's state."""

    def __init__(self, kind: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, hidden: Any, mask: Any) -> Any:
        """Returns vectors (papers, hidden_size).

        `hidden` holds hidden states (papers, length, hidden_size). `mask` has shape (papers, length).
        """
        hidden = ops.cast(hidden, "float32")
        if self.kind != "mean":
            return hidden[:, 0]
        present = ops.cast(mask, "float32")[:, :, None]
        return ops.sum(hidden * present, axis=1) / ops.maximum(ops.sum(present, axis=1), 1.0)

    def get_config(self) -> dict[str, object]:
        """Returns the arguments from which Keras rebuilds the layer."""
        return {**super().get_config(), "kind": self.kind}


def build_encoder(config: EncoderConfig, *, policy: str = "float32", dropout: float | None = None) -> keras.Model:
    """Returns a model from token ids, token types and mask, each (papers, length) int32, to hidden states."""
    tokens, types, mask = (keras.Input((None,), dtype="int32", name=name) for name in ("tokens", "types", "mask"))
    return keras.Model([tokens, types, mask], _encoded(config, tokens, types, mask, policy, dropout), name="encoder")


def build_network(
    config: EncoderConfig, categories: int, options: TransformerOptions, *, seed: int = 0, policy: str = "float32"
) -> keras.Model:
    """Returns a model from token ids and mask, each (papers, length) int32, to logits (papers, categories)."""
    tokens, mask = (keras.Input((None,), dtype="int32", name=name) for name in ("tokens", "mask"))
    hidden = _encoded(config, tokens, ops.zeros_like(tokens), mask, policy, options.encoder_dropout)
    pooled = Pooling(options.pooling, dtype="float32", name="pooling")(hidden, mask)
    if options.pooling == "pooler":
        pooled = layers.Dense(config.hidden_size, activation="tanh", dtype="float32", name="pooler")(pooled)
    logits = head_layers(pooled, categories, options, seed)
    return keras.Model([tokens, mask], logits, name="transformer")


def build_head(hidden_size: int, categories: int, options: TransformerOptions, *, seed: int = 0) -> keras.Model:
    """Returns the head alone, from vectors (papers, hidden_size) to logits."""
    vectors = keras.Input((hidden_size,), dtype="float32", name="vectors")
    return keras.Model(vectors, head_layers(vectors, categories, options, seed), name="head")


def head_layers(vectors: Any, categories: int, options: TransformerOptions, seed: int) -> Any:
    """Applies dropout, an optional hidden layer and the output layer, and returns the logits."""
    hidden = layers.Dropout(options.dropout, seed=seed, dtype="float32", name="head_dropout")(vectors)
    if options.head_hidden:
        initial = keras.initializers.GlorotUniform(seed=seed + 1)
        dense = layers.Dense(
            options.head_hidden, activation="relu", kernel_initializer=initial, dtype="float32", name="head_hidden"
        )
        hidden = layers.Dropout(options.dropout, seed=seed + 2, dtype="float32", name="hidden_dropout")(dense(hidden))
    initial = keras.initializers.GlorotUniform(seed=seed + 3)
    return layers.Dense(categories, kernel_initializer=initial, dtype="float32", name="logits")(hidden)


def _encoded(config: EncoderConfig, tokens: Any, types: Any, mask: Any, policy: str, dropout: float | None) -> Any:
    if dropout is not None:
        values = {**config.to_json(), "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
        config = EncoderConfig.of(values)
    hidden = Embeddings(config, dtype=policy, name="embeddings")(tokens, types)
    for number in range(config.num_hidden_layers):
        hidden = EncoderBlock(config, dtype=policy, name=f"block_{number}")(hidden, mask)
    return hidden


def freeze(network: keras.Model, blocks: int) -> None:
    """Freezes the embeddings and the lowest `blocks` blocks, or nothing if it is 0."""
    if blocks:
        for name in ("embeddings", *(f"block_{number}" for number in range(blocks))):
            network.get_layer(name).trainable = False


def load_encoder(network: keras.Model, config: EncoderConfig, tensors: Tensors) -> None:
    """Loads a checkpoint's tensors, under the names of Hugging Face's BertModel, into a network."""
    for variable, value in _pairs(network, config, tensors):
        variable.assign(value)


def load_all(network: keras.Model, config: EncoderConfig, tensors: Tensors) -> None:
    """Loads everything that `tensors_of` returns, including the head."""
    load_encoder(network, config, tensors)
    _load_head_layers(network, tensors)


def load_head(network: keras.Model, head: Tensors) -> bool:
    """Loads a trained head if its layers fit the network, and returns whether they do."""
    ours = {name: tensor.shape for name, tensor in head_tensors(network).items()}
    if not head or ours != {name: tensor.shape for name, tensor in head.items()}:
        return False
    _load_head_layers(network, head)
    return True


def start_from_prior(network: keras.Model, targets: NDArray[np.uint8]) -> None:
    """Sets the last bias to the log-odds of each category, so that training need not learn them."""
    share = (targets.sum(axis=0) + 0.5) / (len(targets) + 1.0)
    network.get_layer("logits").bias.assign(np.log(share / (1 - share)).astype(np.float32))


def tensors_of(network: keras.Model, config: EncoderConfig) -> dict[str, NDArray[np.float32]]:
    """Returns a network's weights under Hugging Face's names, the head's as `head.*`.

    Dense kernels have shape (outputs, inputs).
    """
    found: dict[str, NDArray[np.float32]] = {}
    embeddings = network.get_layer("embeddings")
    for name, table in (("word", "word"), ("position", "position"), ("token_type", "token_type")):
        found[f"embeddings.{name}_embeddings.weight"] = _array(getattr(embeddings, table))
    _put_norm(found, "embeddings.LayerNorm", embeddings.norm)
    for number in range(config.num_hidden_layers):
        block, prefix = network.get_layer(f"block_{number}"), f"encoder.layer.{number}"
        kernel, bias = map(_array, (block.dense["query_key_value"].kernel, block.dense["query_key_value"].bias))
        parts = zip(("query", "key", "value"), np.split(kernel.T, 3), np.split(bias, 3), strict=True)
        for part, weight, offset in parts:
            found[f"{prefix}.attention.self.{part}.weight"] = np.ascontiguousarray(weight)
            found[f"{prefix}.attention.self.{part}.bias"] = offset
        for theirs, ours in _DENSE.items():
            _put_dense(found, f"{prefix}.{theirs}", block.dense[ours])
        for theirs, ours in _NORMS.items():
            _put_norm(found, f"{prefix}.{theirs}", block.norms[ours])
    if any(layer.name == "pooler" for layer in network.layers):
        _put_dense(found, "pooler.dense", network.get_layer("pooler"))
    return found | head_tensors(network)


def head_tensors(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    """Returns the weights of a network's head."""
    found: dict[str, NDArray[np.float32]] = {}
    names = {layer.name for layer in network.layers}
    for ours, theirs in _HEAD.items():
        if ours in names:
            _put_dense(found, theirs, network.get_layer(ours))
    return found


_DENSE = {"attention.output.dense": "attention_output", "intermediate.dense": "intermediate", "output.dense": "output"}
_HEAD = {"head_hidden": "head.hidden", "logits": "head.logits"}
_NORMS = {"attention.output.LayerNorm": "attention_norm", "output.LayerNorm": "output_norm"}


def _pairs(network: keras.Model, config: EncoderConfig, tensors: Tensors) -> list[tuple[Any, NDArray[np.float32]]]:
    embeddings = network.get_layer("embeddings")
    pairs = [
        (getattr(embeddings, name), tensors[f"embeddings.{name}_embeddings.weight"])
        for name in ("word", "position", "token_type")
    ]
    pairs += _norm_pairs(embeddings.norm, tensors, "embeddings.LayerNorm")
    for number in range(config.num_hidden_layers):
        block, prefix = network.get_layer(f"block_{number}"), f"encoder.layer.{number}"
        joint = [
            np.concatenate([tensors[f"{prefix}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")])
            for kind in ("weight", "bias")
        ]
        pairs += [(block.dense["query_key_value"].kernel, joint[0].T), (block.dense["query_key_value"].bias, joint[1])]
        for theirs, ours in _DENSE.items():
            pairs += _dense_pairs(block.dense[ours], tensors, f"{prefix}.{theirs}")
        for theirs, ours in _NORMS.items():
            pairs += _norm_pairs(block.norms[ours], tensors, f"{prefix}.{theirs}")
    names = {layer.name for layer in network.layers}
    if "pooler" in names and "pooler.dense.weight" in tensors:
        pairs += _dense_pairs(network.get_layer("pooler"), tensors, "pooler.dense")
    return pairs


def _load_head_layers(network: keras.Model, tensors: Tensors) -> None:
    for ours, theirs in _HEAD.items():
        if f"{theirs}.weight" in tensors:
            for variable, value in _dense_pairs(network.get_layer(ours), tensors, theirs):
                variable.assign(value)


def _dense_pairs(layer: Any, tensors: Tensors, name: str) -> list[tuple[Any, NDArray[np.float32]]]:
    return [(layer.kernel, tensors[f"{name}.weight"].T), (layer.bias, tensors[f"{name}.bias"])]


def _norm_pairs(layer: Any, tensors: Tensors, name: str) -> list[tuple[Any, NDArray[np.float32]]]:
    return [(layer.gamma, tensors[f"{name}.weight"]), (layer.beta, tensors[f"{name}.bias"])]


def _put_dense(found: dict[str, NDArray[np.float32]], name: str, layer: Any) -> None:
    found[f"{name}.weight"] = np.ascontiguousarray(_array(layer.kernel).T)
    found[f"{name}.bias"] = _array(layer.bias)


def _put_norm(found: dict[str, NDArray[np.float32]], name: str, layer: Any) -> None:
    found[f"{name}.weight"], found[f"{name}.bias"] = _array(layer.gamma), _array(layer.beta)


def _array(variable: Any) -> NDArray[np.float32]:
    return np.array(ops.convert_to_numpy(variable), dtype=np.float32)
