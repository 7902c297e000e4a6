"""Renames a BERT encoder's tensors to BertModel's names."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.encoder_config import CONFIG, EncoderConfig
from domain.errors import InvalidInputError


def encoder_tensors(
    tensors: Mapping[str, np.ndarray], config: EncoderConfig, *, pooler: bool | None = None
) -> dict[str, NDArray[np.float32]]:
    """Returns the encoder's tensors as float32 in a fixed order, named `embeddings.word_embeddings.weight` and so on.

    The pooler is included if the checkpoint has it. `pooler=True` requires it and `pooler=False` leaves it out. The
    heads of BERT's pretraining and of its fine-tuned forms are left out.
    Raises InvalidInputError, with the tensor's name, for a tensor that is missing, unknown, of another shape than in
    config.json, or not finite.
    """
    found = _canonical(tensors)
    shapes = _encoder_shapes(config)
    encoder = {name: _checked(found, name, shape) for name, shape in shapes}
    pooled = dict(_dense(_POOLER, config.hidden_size, config.hidden_size))
    if pooler or (pooler is None and any(name in found for name in pooled)):
        encoder |= {name: _checked(found, name, shape) for name, shape in pooled.items()}
    unknown = sorted(found.keys() - encoder.keys() - pooled.keys())
    if unknown:
        raise InvalidInputError(
            f"The checkpoint has {len(unknown)} tensors that no BERT encoder of its {CONFIG} has, first of all "
            f"{unknown[0]!r} {_shape(found[unknown[0]].shape)}. Give a checkpoint whose {CONFIG} fits its weights."
        )
    return encoder


HEAD = "head."  # the prefix of the layers between vector and categories in this project
_PREFIX = "bert."
_HEADS = ("cls.", "classifier.", "qa_outputs.", "embeddings.position_ids")
_POOLER = "pooler.dense"
# TensorFlow's BERT gives the weight and bias of layer norms these names. Converted checkpoints may still have them.
_OLD_ENDINGS = {".gamma": ".weight", ".beta": ".bias"}
_Shapes = Iterator[tuple[str, tuple[int, ...]]]


def _canonical(tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for given, tensor in tensors.items():
        name = given.removeprefix(_PREFIX)
        for old, new in _OLD_ENDINGS.items():
            name = name.removesuffix(old) + new if name.endswith(old) else name
        if name.startswith(_HEADS):
            continue
        if name in found:
            raise InvalidInputError(f"The checkpoint has the tensor {name!r} twice, once as {given!r}.")
        found[name] = tensor
    return found


def _checked(found: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if name not in found:
        raise InvalidInputError(
            f"The checkpoint lacks the tensor {name!r} {_shape(shape)}, which its {CONFIG} calls for. "
            "Give the weights of a BERT encoder, with or without the prefix 'bert.'."
        )
    tensor = found[name]
    if tensor.shape != shape:
        raise InvalidInputError(
            f"The checkpoint's tensor {name!r} has shape {_shape(tensor.shape)} where its {CONFIG} says "
            f"{_shape(shape)}. Give weights and {CONFIG} of the same checkpoint."
        )
    if tensor.dtype != np.float32:
        raise InvalidInputError(
            f"The checkpoint's tensor {name!r} holds {tensor.dtype}; unquantised floats are needed."
        )
    if not np.isfinite(tensor).all():
        raise InvalidInputError(f"The checkpoint's tensor {name!r} holds NaN or infinity. Fetch the checkpoint again.")
    return tensor


def _encoder_shapes(config: EncoderConfig) -> _Shapes:
    width = config.hidden_size
    yield "embeddings.word_embeddings.weight", (config.vocab_size, width)
    yield "embeddings.position_embeddings.weight", (config.max_position_embeddings, width)
    yield "embeddings.token_type_embeddings.weight", (config.type_vocab_size, width)
    yield from _norm("embeddings.LayerNorm", width)
    for layer in range(config.num_hidden_layers):
        yield from _layer_shapes(f"encoder.layer.{layer}", width, config.intermediate_size)


def _layer_shapes(layer: str, width: int, inner: int) -> _Shapes:
    for part in ("query", "key", "value"):
        yield from _dense(f"{layer}.attention.self.{part}", width, width)
    yield from _dense(f"{layer}.attention.output.dense", width, width)
    yield from _norm(f"{layer}.attention.output.LayerNorm", width)
    yield from _dense(f"{layer}.intermediate.dense", inner, width)
    yield from _dense(f"{layer}.output.dense", width, inner)
    yield from _norm(f"{layer}.output.LayerNorm", width)


def _dense(name: str, rows: int, columns: int) -> _Shapes:
    yield f"{name}.weight", (rows, columns)
    yield f"{name}.bias", (rows,)


def _norm(name: str, width: int) -> _Shapes:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
