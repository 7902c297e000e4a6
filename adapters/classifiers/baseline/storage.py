"""The baseline's files in a bundle: text.json, vocabulary.txt, network.safetensors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from adapters.classifiers.baseline.months import Timeline
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.serving import Dense, Months, Weights
from adapters.classifiers.baseline.tensor_checks import check_tensors
from adapters.classifiers.baseline.vocabulary import Vocabulary
from domain.errors import ConfigurationError, CorruptModelError
from domain.json_object import parse_json_object

Tensor = NDArray[np.float32] | NDArray[np.int8] | NDArray[np.uint8] | NDArray[np.int32]

_TEXT, _WORDS, _NETWORK = "text.json", "vocabulary.txt", "network.safetensors"


def save(folder: Path, text: TextOptions, vocabulary: Vocabulary, weights: Weights) -> None:
    """Writes the files that `load` reads. Bigram keys are stored as pairs of int32."""
    options = {"keep_stop_words": text.keep_stop_words, "stemming": text.stemming, "lemmas": text.lemmas}
    (folder / _TEXT).write_text(json.dumps({**options, "unpaired": vocabulary.unpaired}, indent=2) + "\n", "utf-8")
    (folder / _WORDS).write_text("\n".join(vocabulary.unigrams) + "\n", "utf-8")
    save_network(weights, folder / _NETWORK, bigrams=pairs_of(vocabulary), idf=vocabulary.idf)


def pairs_of(vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Returns the codes of the first and second term of every bigram, shape (bigrams, 2)."""
    firsts, seconds = np.divmod(vocabulary.bigram_keys, max(1, len(vocabulary.unigrams)))
    return np.stack((firsts, seconds), axis=1).astype(np.int32)


def save_network(weights: Weights, path: Path, metadata: dict[str, str] | None = None, **more: Tensor) -> None:
    """Writes a network's weights, further tensors and metadata as one safetensors file."""
    tensors: dict[str, Tensor] = {
        **more,
        "bag.table": weights.table,
        "bag.scale": weights.scale,
        "bag.bias": weights.bias,
    }
    if weights.months is not None:
        tensors["months.kernel"] = np.ascontiguousarray(weights.months.kernel)
        tensors["months.today"] = np.array([weights.months.timeline.today], np.int32)
    for number, layer in enumerate(weights.layers):
        tensors[f"dense.{number}.kernel"] = np.ascontiguousarray(layer.kernel)
        tensors[f"dense.{number}.bias"] = layer.bias
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:  # it wraps errors of the system, such as a full disk
        raise OSError(f"{path} could not be written: {error}") from error


def load_network(path: Path) -> Weights:
    """Returns the weights that `save_network` wrote."""
    return _weights(load_file(path))


def load(folder: Path, categories: int) -> tuple[TextOptions, Vocabulary, Weights]:
    """Returns what `save` wrote. Raises CorruptModelError for missing, truncated or invalid files."""
    try:
        options = parse_json_object((folder / _TEXT).read_bytes())
        words = tuple((folder / _WORDS).read_text("utf-8").split("\n")[:-1])
        tensors = load_file(folder / _NETWORK)
        unpaired = options.pop("unpaired")
        check_tensors(tensors, terms=len(words), categories=categories)
        if isinstance(unpaired, bool) or not isinstance(unpaired, int) or not 0 <= unpaired <= len(words):
            raise ValueError(f"unpaired is {unpaired!r}, not a number of its {len(words)} terms")
        firsts, seconds = tensors["bigrams"].astype(np.int64).T
        vocabulary = Vocabulary(words, firsts * len(words) + seconds, tensors["idf"], unpaired)
        return TextOptions(**options), vocabulary, _weights(tensors)  # type: ignore[arg-type]  # it checks its values
    except (OSError, KeyError, ValueError, TypeError, SafetensorError, ConfigurationError) as error:
        raise CorruptModelError(
            f"The model in {folder} cannot be read ({type(error).__name__}: {error}). Restore or retrain it."
        ) from error


def _weights(tensors: Mapping[str, Any]) -> Weights:
    count = sum(name.startswith("dense.") for name in tensors) // 2
    layers = tuple(Dense(tensors[f"dense.{n}.kernel"], tensors[f"dense.{n}.bias"]) for n in range(count))
    months = None
    if "months.kernel" in tensors:
        months = Months(Timeline(int(tensors["months.today"][0])), tensors["months.kernel"])
    return Weights(tensors["bag.table"], tensors["bag.scale"], tensors["bag.bias"], layers, months)
