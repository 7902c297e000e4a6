"""The configuration of an encoder, from a checkpoint's config.json."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from domain.errors import InvalidInputError

CONFIG = "config.json"
ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "tanh")


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """A BERT encoder's sizes, under their names in Hugging Face's config.json."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    initializer_range: float = 0.02
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1

    @classmethod
    def of(cls, values: "EncoderConfig | Mapping[str, Any]") -> "EncoderConfig":
        """Returns the configuration itself, or the one in a mapping from `to_json`."""
        return values if isinstance(values, EncoderConfig) else cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Returns the configuration as JSON values."""
        return asdict(self)


def read_config(folder: Path) -> EncoderConfig:
    """Returns the encoder's configuration in a checkpoint's folder.

    Raises InvalidInputError if it is not of a BERT encoder.
    """
    path = folder / CONFIG
    values = _read_object(path)
    _refuse_other_architectures(values, path)
    named = fields(EncoderConfig)
    missing = [field.name for field in named if field.default is MISSING and field.name not in values]
    if missing:
        raise InvalidInputError(f"{path} lacks {', '.join(missing)}. Give a checkpoint with a whole {CONFIG}.")
    config = EncoderConfig(**{field.name: values[field.name] for field in named if field.name in values})
    _check(config, path)
    return config


def check_vocabulary(config: EncoderConfig, size: int) -> None:
    """Raises InvalidInputError if a tokenizer's vocabulary does not fit the encoder's embeddings.

    The encoder may have more embeddings, up to a multiple of 128.
    """
    if not size <= config.vocab_size < size + _PADDING:
        raise InvalidInputError(
            f"The tokenizer knows {size} tokens and the encoder {config.vocab_size} ({CONFIG}, vocab_size). They are "
            "not of the same checkpoint. Give the vocabulary that came with the weights."
        )


_PADDING = 128
_Rule = tuple[Callable[[Any], bool], str]
_SIZE: _Rule = (lambda value: type(value) is int and value > 0, "a positive integer")
_RATE: _Rule = (lambda value: type(value) in (int, float) and 0 <= value < 1, "a number from 0 to below 1")
_SMALL: _Rule = (lambda value: type(value) in (int, float) and 0 < value < 1, "a number between 0 and 1")
_RULES: dict[str, _Rule] = {
    "hidden_act": (lambda value: value in ACTIVATIONS, f"one of {', '.join(ACTIVATIONS)}"),
    "layer_norm_eps": _SMALL,
    "initializer_range": _SMALL,
    "hidden_dropout_prob": _RATE,
    "attention_probs_dropout_prob": _RATE,
}


def _read_object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InvalidInputError(f"The folder {path.parent} is not a checkpoint: it has no {CONFIG}.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path} cannot be read as JSON ({error}). Fetch the checkpoint again.") from error
    if not isinstance(values, dict):
        raise InvalidInputError(f"{path} does not hold a JSON object. Fetch the checkpoint again.")
    return values


def _refuse_other_architectures(values: Mapping[str, Any], path: Path) -> None:
    kind = values.get("model_type") or _kind_of(values.get("architectures"))
    if kind != "bert":
        raise InvalidInputError(f"{path} is of a {kind} model; only checkpoints of BERT's architecture can be read.")
    if values.get("is_decoder"):
        raise InvalidInputError(f"{path} is of a decoder (is_decoder); only encoders can be read.")
    positions = values.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise InvalidInputError(f"{path} has position_embedding_type {positions!r}; only 'absolute' can be read.")


def _kind_of(architectures: Any) -> str:
    """Returns the model type by its classes, for the older files of SciBERT and SPECTER, which do not name it."""
    first = str(architectures[0]) if isinstance(architectures, list) and architectures else "BertModel"
    return "bert" if first.startswith("Bert") else first


def _check(config: EncoderConfig, path: Path) -> None:
    for field in fields(config):
        value = getattr(config, field.name)
        valid, wanted = _RULES.get(field.name, _SIZE)
        if not valid(value):
            raise InvalidInputError(f"{path} has {field.name} {value!r}; {wanted} is needed.")
    if config.hidden_size % config.num_attention_heads:
        raise InvalidInputError(
            f"{path} has hidden_size {config.hidden_size}, which cannot be divided among its "
            f"{config.num_attention_heads} attention heads (num_attention_heads)."
        )
