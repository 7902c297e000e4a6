"""The BERT encoder in Keras 3, for any backend (Devlin et al. 2019). Imported only to train or to export."""

from typing import Any

import keras
from keras import layers, ops

from adapters.classifiers.transformer.encoder_config import EncoderConfig

Tensor = Any  # a tensor of whichever backend Keras runs on

_PACKAGE = "arxiv_classifier"
# Added to the attention scores of padding. It is far below any score, and finite in bfloat16 and float16.
_MASKED = -30_000.0


def activation(name: str, hidden: Tensor) -> Tensor:
    """Applies a checkpoint's `hidden_act`. `gelu` is exact, written with erf, which every ONNX runtime supports."""
    if name == "gelu":
        return hidden * 0.5 * (1.0 + ops.erf(hidden * 0.7071067811865476))
    if name in ("gelu_new", "gelu_pytorch_tanh"):
        return ops.gelu(hidden, approximate=True)
    return getattr(ops, name)(hidden)


@keras.saving.register_keras_serializable(_PACKAGE)
class Embeddings(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """The sum of word, position and type embeddings, with normalisation and dropout.

    Inputs are token ids and type ids (papers, length) int32. The output has shape (papers, length, hidden_size).
    """

    def __init__(self, config: EncoderConfig | dict[str, Any], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.config = EncoderConfig.of(config)

    def build(self, *_shapes: object) -> None:
        """Creates the three tables."""
        c = self.config
        initial = keras.initializers.TruncatedNormal(stddev=c.initializer_range)
        rows = {"word": c.vocab_size, "position": c.max_position_embeddings, "token_type": c.type_vocab_size}
        tables = {name: self.add_weight((n, c.hidden_size), initial, name=name) for name, n in rows.items()}
        self.word, self.position, self.token_type = tables.values()
        self.norm = layers.LayerNormalization(epsilon=c.layer_norm_eps, name="norm", dtype=self.dtype_policy)
        self.norm.build((None, None, c.hidden_size))
        self.dropout = layers.Dropout(c.hidden_dropout_prob, name="dropout", dtype=self.dtype_policy)

    def call(self, tokens: Tensor, types: Tensor, training: bool | None = None) -> Tensor:
        """Returns the embedded tokens."""
        length = ops.shape(tokens)[1]
        summed = ops.take(self.word, tokens, axis=0) + ops.take(self.token_type, types, axis=0)
        summed = summed + ops.take(self.position, ops.arange(length, dtype="int32"), axis=0)
        return self.dropout(self.norm(summed), training=training)

    def get_config(self) -> dict[str, object]:
        """Returns the arguments from which Keras rebuilds the layer."""
        return {**super().get_config(), "config": self.config.to_json()}


@keras.saving.register_keras_serializable(_PACKAGE)
class EncoderBlock(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Self-attention and a feed-forward network, each followed by a residual connection and a normalisation.

    Inputs are hidden states (papers, length, hidden_size) and a mask (papers, length) with 1 for tokens.
    """

    def __init__(self, config: EncoderConfig | dict[str, Any], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.config = EncoderConfig.of(config)

    def build(self, *_shapes: object) -> None:
        """Creates the block's dense layers and normalisations."""
        c = self.config
        initial = keras.initializers.TruncatedNormal(stddev=c.initializer_range)
        sizes = {
            "query_key_value": (c.hidden_size, 3 * c.hidden_size),
            "attention_output": (c.hidden_size, c.hidden_size),
            "intermediate": (c.hidden_size, c.intermediate_size),
            "output": (c.intermediate_size, c.hidden_size),
        }
        self.dense = {}
        for name, (inputs, units) in sizes.items():
            layer = layers.Dense(units, kernel_initializer=initial, name=name, dtype=self.dtype_policy)
            layer.build((None, None, inputs))
            self.dense[name] = layer
        self.norms = {}
        for name in ("attention_norm", "output_norm"):
            norm = layers.LayerNormalization(epsilon=c.layer_norm_eps, name=name, dtype=self.dtype_policy)
            norm.build((None, None, c.hidden_size))
            self.norms[name] = norm
        self.dropout = layers.Dropout(c.hidden_dropout_prob, name="dropout", dtype=self.dtype_policy)
        self.attention_dropout = layers.Dropout(
            c.attention_probs_dropout_prob, name="attention_dropout", dtype=self.dtype_policy
        )

    def call(self, hidden: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """Returns the hidden states after this block."""
        attended = self.dense["attention_output"](self._attended(hidden, mask, training))
        hidden = self.norms["attention_norm"](hidden + self.dropout(attended, training=training))
        inner = activation(self.config.hidden_act, self.dense["intermediate"](hidden))
        outer = self.dropout(self.dense["output"](inner), training=training)
        return self.norms["output_norm"](hidden + outer)

    def _attended(self, hidden: Tensor, mask: Tensor, training: bool | None) -> Tensor:
        """Returns scaled dot-product attention of all heads, shape (papers, length, hidden_size)."""
        c = self.config
        heads, size = c.num_attention_heads, c.hidden_size // c.num_attention_heads
        papers, length = ops.shape(hidden)[0], ops.shape(hidden)[1]
        joint = ops.reshape(self.dense["query_key_value"](hidden), (papers, length, 3, heads, size))
        query, key, value = (ops.transpose(joint[:, :, n], (0, 2, 1, 3)) for n in range(3))
        scores = ops.matmul(query * size**-0.5, ops.transpose(key, (0, 1, 3, 2)))
        absent = (1.0 - ops.cast(mask, scores.dtype)) * _MASKED
        weights = ops.softmax(scores + absent[:, None, None, :], axis=-1)
        mixed = ops.matmul(self.attention_dropout(weights, training=training), value)
        return ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (papers, length, c.hidden_size))

    def get_config(self) -> dict[str, object]:
        """Returns the arguments from which Keras rebuilds the layer."""
        return {**super().get_config(), "config": self.config.to_json()}
