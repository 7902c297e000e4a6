"""Tensors under BertModel's names, whatever the checkpoint calls them."""

import re

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.tensor_names import encoder_tensors
from adapters.classifiers.transformer.encoder_config import EncoderConfig
from domain.errors import InvalidInputError
from tests.checkpoints import Tensors, config_values, random_tensors

CONFIG = EncoderConfig(
    **{name: value for name, value in config_values().items() if name in EncoderConfig.__dataclass_fields__}
)
POOLER = {"pooler.dense.weight", "pooler.dense.bias"}
WORDS = "embeddings.word_embeddings.weight"


@pytest.fixture
def tensors() -> Tensors:
    """An encoder's tensors, with its pooler and without a prefix."""
    return random_tensors(config_values(), prefix="")


def test_leaves_names_of_bert_model(tensors: Tensors) -> None:
    """Names without a prefix stay; position_ids, which is no weight, goes."""
    del tensors["embeddings.position_ids"]
    found = encoder_tensors(tensors, CONFIG)
    assert found.keys() == tensors.keys()
    assert all(found[name] is tensors[name] for name in tensors)


def test_strips_prefixes_and_drops_heads(tensors: Tensors) -> None:
    """The names of a pretrained or fine-tuned model become those of its encoder."""
    heads = ("cls.predictions.bias", "cls.seq_relationship.weight", "classifier.weight", "classifier.bias")
    given = {f"bert.{name}": tensor for name, tensor in tensors.items()} | {head: np.zeros(2) for head in heads}
    assert encoder_tensors(given, CONFIG).keys() == encoder_tensors(tensors, CONFIG).keys()


def test_renames_gamma_and_beta(tensors: Tensors) -> None:
    """A layer norm's gamma is its weight and its beta its bias."""
    old = {re.sub(r"Norm\.weight", "Norm.gamma", re.sub(r"Norm\.bias", "Norm.beta", n)): t for n, t in tensors.items()}
    found = encoder_tensors(old, CONFIG)
    name = "encoder.layer.1.output.LayerNorm"
    np.testing.assert_array_equal(found[f"{name}.weight"], tensors[f"{name}.weight"])
    np.testing.assert_array_equal(found[f"{name}.bias"], tensors[f"{name}.bias"])


def test_the_pooler_is_optional(tensors: Tensors) -> None:
    """A pooler is there if the checkpoint has it, unless it is not wanted."""
    without = {name: tensor for name, tensor in tensors.items() if name not in POOLER}
    assert encoder_tensors(tensors, CONFIG).keys() >= POOLER
    assert not encoder_tensors(without, CONFIG).keys() & POOLER
    assert not encoder_tensors(tensors, CONFIG, pooler=False).keys() & POOLER


def test_a_pooler_can_be_required(tensors: Tensors) -> None:
    """If a pooler is needed, a checkpoint without one is refused."""
    del tensors["pooler.dense.weight"], tensors["pooler.dense.bias"]
    with pytest.raises(InvalidInputError, match=r"lacks the tensor 'pooler\.dense\.weight' \(32, 32\)"):
        encoder_tensors(tensors, CONFIG, pooler=True)


def test_half_a_pooler_is_refused(tensors: Tensors) -> None:
    """A pooler without its bias is a broken checkpoint."""
    del tensors["pooler.dense.bias"]
    with pytest.raises(InvalidInputError, match=r"lacks the tensor 'pooler\.dense\.bias'"):
        encoder_tensors(tensors, CONFIG)


def test_every_tensor_is_needed(tensors: Tensors) -> None:
    """Whichever tensor of the encoder lacks is named with its shape."""
    for name in encoder_tensors(tensors, CONFIG):
        left = {other: tensor for other, tensor in tensors.items() if other != name}
        with pytest.raises(InvalidInputError, match=re.escape(f"lacks the tensor '{name}' (")):
            encoder_tensors(left, CONFIG, pooler=True)


def test_every_shape_is_checked(tensors: Tensors) -> None:
    """Whichever tensor has another shape is named with the shape found and the one wanted."""
    for name in encoder_tensors(tensors, CONFIG):
        wrong = np.zeros((5, *tensors[name].shape[1:]), np.float32)
        with pytest.raises(
            InvalidInputError, match=rf"'{re.escape(name)}' has shape \(5.* says \({len(tensors[name])}"
        ):
            encoder_tensors(tensors | {name: wrong}, CONFIG)


def test_refuses_unknown_tensors(tensors: Tensors) -> None:
    """A layer more than config.json says, or any other tensor, is refused by its name."""
    name = "encoder.layer.2.output.dense.bias"
    with pytest.raises(InvalidInputError, match=rf"1 tensors .*'{re.escape(name)}' \(32\)"):
        encoder_tensors(tensors | {name: np.zeros(32, np.float32)}, CONFIG)


def test_refuses_a_tensor_given_twice(tensors: Tensors) -> None:
    """Two tensors of one meaning are refused: which one counts is anyone's guess."""
    with pytest.raises(InvalidInputError, match=f"'{re.escape(WORDS)}' twice"):
        encoder_tensors(tensors | {f"bert.{WORDS}": tensors[WORDS]}, CONFIG)


def test_refuses_quantised_weights(tensors: Tensors) -> None:
    """Integers are not taken for the numbers they stand for."""
    with pytest.raises(InvalidInputError, match=f"'{re.escape(WORDS)}' holds int8"):
        encoder_tensors(tensors | {WORDS: tensors[WORDS].astype(np.int8)}, CONFIG)


def test_refuses_nan(tensors: Tensors) -> None:
    """One number that is none spoils every prediction, so it is refused."""
    tensors[WORDS][3, 4] = np.nan
    with pytest.raises(InvalidInputError, match=f"'{re.escape(WORDS)}' holds NaN"):
        encoder_tensors(tensors, CONFIG)
