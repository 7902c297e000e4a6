"""Errors for a checkpoint, options or an export that cannot be used."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.classifiers.transformer.classifier import TransformerFamily
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.storage import KERAS, MODEL
from domain.errors import ArxivClassifierError, ConfigurationError, InvalidInputError
from domain.ports.classifier import FitSession
from tests.checkpoints import config_values, random_tensors, write_checkpoint, write_weights
from tests.examples import small_papers, small_taxonomy
from tests.lazily import skip_without

skip_without("keras")

TAXONOMY = small_taxonomy()
PAPERS = small_papers(8)
FAMILY = TransformerFamily("tiny", {"max_length": 48})


def fit(workspace: Path, **options: object) -> None:
    """Trains on eight papers."""
    FAMILY.trainable(TAXONOMY, options).fit(PAPERS, PAPERS, FitSession(0, workspace, lambda batch: 0.0))


def without_config(folder: Path) -> Path:
    """A checkpoint that has no config.json."""
    write_checkpoint(folder)
    (folder / "config.json").unlink()
    return folder


def with_weights_of_more_blocks(folder: Path) -> Path:
    """A checkpoint whose config.json is of fewer blocks than its weights."""
    write_checkpoint(folder, num_hidden_layers=1)
    write_weights(folder, random_tensors(config_values()))
    return folder


def with_half_its_weights(folder: Path) -> Path:
    """A checkpoint whose download broke off."""
    write_checkpoint(folder)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])
    return folder


def without_tokenizer(folder: Path) -> Path:
    """A checkpoint that has no vocabulary."""
    write_checkpoint(folder)
    (folder / "vocab.txt").unlink()
    return folder


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (without_config, {}, "it has no config.json"),
        (without_tokenizer, {}, "Give a whole checkpoint"),
        (with_half_its_weights, {}, "Fetch the checkpoint again"),
        (with_weights_of_more_blocks, {}, "whose config.json fits its weights"),
        (lambda folder: write_checkpoint(folder, model_type="roberta"), {}, "roberta model; only .* BERT"),
        (lambda folder: write_checkpoint(folder, hidden_act="swish"), {}, "one of gelu"),
        (lambda folder: write_checkpoint(folder, vocab_size=500), {}, "Give the vocabulary that came with the weights"),
        (lambda folder: write_checkpoint(folder, vocab_size=100), {}, "Give the vocabulary that came with the weights"),
        (lambda folder: write_checkpoint(folder), {"max_length": 65}, "64 positions. Lower max_length"),
        (lambda folder: write_checkpoint(folder), {"frozen_layers": 3}, "2 layers. Lower it, or give --freeze-encoder"),
        (lambda folder: write_checkpoint(folder, pooler=False), {"pooling": "pooler"}, "Choose pooling mean or cls"),
    ],
)
def test_a_checkpoint_of_no_use_is_told(
    make: Callable[[Path], Path], options: dict[str, object], message: str, tmp_path: Path
) -> None:
    """A checkpoint that cannot be trained from is an error of ours that says what to do, before anything is written."""
    folder = make(tmp_path / "checkpoint")
    with pytest.raises(ArxivClassifierError, match=message):
        fit(tmp_path / "workspace", checkpoint=str(folder), **options)
    assert not (tmp_path / "workspace").exists()


def test_a_head_alone_has_its_own_defaults() -> None:
    """With freeze_encoder the head is wider and trained longer, unless an option says otherwise."""
    whole, frozen = FAMILY.effective_options({}), FAMILY.effective_options({"freeze_encoder": True, "epochs": 2})
    assert (whole["head_hidden"], whole["dropout"], whole["batch_size"], whole["epochs"]) == (0, 0.1, 32, 3)
    assert (frozen["head_hidden"], frozen["dropout"], frozen["batch_size"], frozen["epochs"]) == (2048, 0.5, 0, 2)
    assert frozen["max_length"] == 48


@pytest.mark.parametrize(("papers", "batch"), [(1, 32), (12_799, 32), (40_000, 100), (10**6, 256)])
def test_a_head_alone_takes_batches_by_the_number_of_papers(papers: int, batch: int) -> None:
    """A batch of 0 becomes a 400th of the papers within bounds; any other stays."""
    options = TransformerOptions(freeze_encoder=True, batch_size=0)
    assert options.for_papers(papers) == replace(options, batch_size=batch)
    assert replace(options, batch_size=7).for_papers(papers).batch_size == 7


def test_a_whole_network_takes_no_batch_of_none() -> None:
    """Without freeze_encoder a batch of 0 is refused."""
    with pytest.raises(ConfigurationError, match=r"batch_size is 0.*a whole number from 1"):
        FAMILY.effective_options({"batch_size": 0})


def test_no_checkpoint_is_told(tmp_path: Path) -> None:
    """Without a checkpoint the option that names one is said."""
    with pytest.raises(ConfigurationError, match="Give --checkpoint a folder or a hub id"):
        fit(tmp_path)


def test_a_checkpoint_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A folder that does not exist is an InvalidInputError that names it."""
    with pytest.raises(InvalidInputError, match=re.escape(f"There is no folder {tmp_path / 'none'}")):
        fit(tmp_path, checkpoint=str(tmp_path / "none"))


def test_untrained_it_neither_predicts_nor_saves(tmp_path: Path) -> None:
    """Before fit, predicting and saving are ConfigurationErrors that say so."""
    classifier = FAMILY.trainable(TAXONOMY, {})
    with pytest.raises(ConfigurationError, match="Call fit before predict"):
        classifier.predict([PAPERS[0].abstract])
    with pytest.raises(ConfigurationError, match="Call fit before save"):
        classifier.save(tmp_path)


@pytest.mark.parametrize(("format", "source"), [("onnx", MODEL), ("keras", KERAS)])
def test_exports_what_the_bundle_holds(format: str, source: str, tmp_path: Path) -> None:
    """The file of that format is copied as it is."""
    (tmp_path / source).write_bytes(b"weights")
    FAMILY.export(tmp_path, TAXONOMY, format=format, path=tmp_path / f"out.{format}")
    assert (tmp_path / f"out.{format}").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("format", "name", "message"),
    [
        ("torch", "out.torch", "Known formats: keras, onnx"),
        ("keras", "out.h5", r"must end in \.keras"),
        ("keras", "out.keras", "keep_keras: true"),
    ],
)
def test_an_export_of_no_use_is_told(format: str, name: str, message: str, tmp_path: Path) -> None:
    """An unknown format, another file name and a bundle without the file are errors that say what to do."""
    with pytest.raises(ArxivClassifierError, match=message):
        FAMILY.export(tmp_path, TAXONOMY, format=format, path=tmp_path / name)
    assert not (tmp_path / name).exists()
