"""The baseline as one file for web pages: what reading a paper and the forward pass need, as safetensors."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from adapters.classifiers.baseline import storage
from adapters.classifiers.baseline.months import SIZE, YEARS
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import stop_words
from adapters.classifiers.baseline.serving import Weights
from adapters.classifiers.baseline.vocabulary import Vocabulary
from domain.errors import ConfigurationError, InvalidInputError

SUFFIX = ".safetensors"


def export_browser(text: TextOptions, vocabulary: Vocabulary, weights: Weights, path: Path) -> None:
    """Writes the tensors of a bundle and, as bytes, the vocabulary.

    The metadata `reading` is JSON: `unpaired`, the knots of months in years and the size of their input, the ranges of
    code points that are combining marks, and the removed stop words.
    Raises ConfigurationError for a model that merges word forms, which takes libraries of Python.
    """
    if path.suffix != SUFFIX:
        raise InvalidInputError(f"The file's name must end in {SUFFIX}. Rename the output.")
    if merged := next((name for name in ("stemming", "lemmas") if getattr(text, name) != "none"), None):
        raise ConfigurationError(
            f"The model was trained with {merged}: {getattr(text, merged)}, which a browser cannot repeat. "
            f"Train one with {merged}: none."
        )
    terms = np.frombuffer("\n".join(vocabulary.unigrams).encode(), np.uint8)
    reading = json.dumps(_reading(text, vocabulary))
    storage.save_network(
        weights, path, {"reading": reading}, bigrams=storage.pairs_of(vocabulary), idf=vocabulary.idf, terms=terms
    )


def _reading(text: TextOptions, vocabulary: Vocabulary) -> Mapping[str, object]:
    return {
        "unpaired": vocabulary.unpaired,
        "removed": [] if text.keep_stop_words else sorted(stop_words()),
        "combining": combining_ranges(),
        "knots": list(YEARS),
        "month_size": float(SIZE),
    }


def combining_ranges() -> list[tuple[int, int]]:
    """Returns the first and last code points of every run of combining marks.

    JavaScript has no property for them: some marks of its class M do not combine.
    """
    return _runs(code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code)))


def _runs(codes: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for code in codes:
        if found and code == found[-1][1] + 1:
            found[-1] = found[-1][0], code
        else:
            found.append((code, code))
    return found
