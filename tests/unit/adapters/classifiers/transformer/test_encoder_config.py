"""A checkpoint's config.json: what is read of it and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.classifiers.transformer.encoder_config import ACTIVATIONS, EncoderConfig, check_vocabulary, read_config
from domain.errors import InvalidInputError
from tests.checkpoints import config_values


def write(folder: Path, values: object) -> Path:
    """A folder with a config.json."""
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def test_reads_every_field(tmp_path: Path) -> None:
    """Each field is taken from the key of its name. Other keys are ignored."""
    values = config_values(hidden_act="relu", layer_norm_eps=1e-5, hidden_dropout_prob=0, type_vocab_size=1)
    config = read_config(write(tmp_path, values))
    assert config.to_json() == {name: values[name] for name in config.to_json()}


def test_has_the_defaults_of_bert(tmp_path: Path) -> None:
    """Keys that an old config.json lacks, such as the architecture, have BERT's defaults."""
    sizes = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    values = {name: config_values()[name] for name in sizes}
    assert read_config(write(tmp_path, values)) == EncoderConfig(**values)


@pytest.mark.parametrize("architectures", [None, [], ["BertModel"], ["BertForMaskedLM"]])
def test_knows_bert_without_a_model_type(tmp_path: Path, architectures: list[str] | None) -> None:
    """Without model_type, no architecture or one of BERT's classes will do."""
    values = config_values(model_type=None, architectures=architectures)
    assert read_config(write(tmp_path, values)).hidden_size == 32


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"model_type": "roberta"}, "roberta model"),
        ({"model_type": None, "architectures": ["RobertaModel"]}, "RobertaModel model"),
        ({"is_decoder": True}, "decoder"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type 'relative_key'; only 'absolute'"),
        ({"hidden_act": "mish"}, f"hidden_act 'mish'; one of {', '.join(ACTIVATIONS)}"),
        ({"hidden_act": ["gelu"]}, "hidden_act"),
        ({"hidden_size": 0}, "hidden_size 0; a positive integer"),
        ({"num_hidden_layers": -1}, "num_hidden_layers -1"),
        ({"vocab_size": "many"}, "vocab_size 'many'"),
        ({"type_vocab_size": True}, "type_vocab_size True"),
        ({"max_position_embeddings": 64.0}, "max_position_embeddings"),
        ({"layer_norm_eps": 0}, "layer_norm_eps 0; a number between 0 and 1"),
        ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob 1.0; a number from 0"),
        ({"hidden_size": 30}, "hidden_size 30, .* 4 attention heads"),
    ],
)
def test_refuses_other_encoders(tmp_path: Path, overrides: dict[str, Any], message: str) -> None:
    """A configuration that is no BERT encoder is refused with the key, the value and the accepted values."""
    with pytest.raises(InvalidInputError, match=f"config.json (is|has) .*{message}"):
        read_config(write(tmp_path, config_values(**overrides)))


def test_names_missing_sizes(tmp_path: Path) -> None:
    """Sizes that have no default are named where they lack."""
    with pytest.raises(InvalidInputError, match="lacks hidden_size, intermediate_size"):
        read_config(write(tmp_path, {"vocab_size": 9, "num_hidden_layers": 1, "num_attention_heads": 1}))


def test_refuses_a_folder_without_config(tmp_path: Path) -> None:
    """A folder without config.json is no checkpoint."""
    with pytest.raises(InvalidInputError, match=r"is not a checkpoint: it has no config\.json"):
        read_config(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b"3", b"[" * 100_000])
def test_refuses_what_is_no_object(tmp_path: Path, content: bytes) -> None:
    """A config.json that is no JSON object is an error with its path."""
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(InvalidInputError, match=r"config\.json .*JSON"):
        read_config(tmp_path)


@pytest.mark.parametrize("size", [100, 73])
def test_takes_padded_embeddings(size: int) -> None:
    """Embeddings may be padded beyond the vocabulary."""
    check_vocabulary(EncoderConfig(100, 8, 1, 1, 8), size)


@pytest.mark.parametrize("size", [101, 31_090, 872])
def test_refuses_another_vocabulary(size: int) -> None:
    """A vocabulary larger than the embeddings, or smaller than padding explains, is refused with both sizes."""
    embedded = 100 if size != 872 else 1000
    with pytest.raises(InvalidInputError, match=f"{size} tokens and the encoder {embedded}"):
        check_vocabulary(EncoderConfig(embedded, 8, 1, 1, 8), size)
