"""Splits the baseline's logits by integrated gradients from the paper without words (Sundararajan 2017).

Along the straight path from no words to the paper, every hidden unit of the first layer switches at most once. With one
hidden layer, the share of the path on which a unit is on has a closed form, so contributions add up to the logit up to
float32 rounding. With more layers, the path is integrated in small steps.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from adapters.classifiers.baseline.features import Bags
from adapters.classifiers.baseline.reading import UNKNOWN, term_reader
from adapters.classifiers.baseline.scanning import Codes
from adapters.classifiers.baseline.serving import ServedBaseline, Weights
from adapters.classifiers.baseline.vocabulary import BigramLookup
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.explanation import Span
from domain.ports.classifier import Classifier
from domain.ports.explainer import Attribution, Attributor

_METHOD = "integrated_gradients"
_PIECE = re.compile(r"\S+")
_STEPS = 512
Floats = NDArray[np.float32]


def attributor_of(classifier: Classifier) -> Attributor:
    """Returns the attributor of a served baseline, which shares its weights."""
    if not isinstance(classifier, ServedBaseline):
        raise TypeError(f"{type(classifier).__name__} is not a baseline")
    return BaselineAttributor(classifier)


class BaselineAttributor(Attributor):
    """The contributions of terms and pairs of terms to the raw logits of one paper."""

    def __init__(self, served: ServedBaseline) -> None:
        self._served = served
        vocabulary = served.vocabulary
        self._codes = vocabulary.codes()
        self._terms = term_reader(served.text)
        self._bigrams = BigramLookup(
            vocabulary.bigram_keys, unigrams=len(vocabulary.unigrams), unpaired=vocabulary.unpaired
        )

    @override
    def attribute(self, abstract: Abstract, *, checkpoint: Checkpoint = go_on) -> Attribution:
        bags, weights = self._served.bags([abstract]), self._served.weights.at_month(abstract)
        rows = weights.table.take(bags.features, axis=0) * weights.scale.take(bags.features)[:, None]
        rows = rows * bags.weights[:, None]
        base, contributions = integrated_gradients(weights, rows.astype(np.float32, copy=False), checkpoint)
        spans = self._spans(abstract)
        features = bags.features.tolist()
        return Attribution(
            self._served.taxonomy,
            _METHOD,
            tuple(self._served.vocabulary.name(feature) for feature in features),
            tuple(tuple(spans.get(feature, ())) for feature in features),
            np.ascontiguousarray(contributions).data,
            np.ascontiguousarray(base[None]).data,
        )

    def _spans(self, abstract: Abstract) -> dict[int, list[Span]]:
        """Returns the spans of each feature of the paper. A pair spans from its first term to its second."""
        found: dict[int, list[Span]] = {}
        for field, text in (("title", abstract.title), ("abstract", abstract.text)):
            if text:
                read = list(self._read(text))
                codes = np.array([code for code, _, _ in read], dtype=np.int32)
                for feature, first, last in self._features(codes):
                    found.setdefault(feature, []).append(Span(field, read[first][1], read[last][2]))
        return found

    def _features(self, codes: Codes) -> Iterator[tuple[int, int, int]]:
        """Yields features with the positions of their first and last term among the codes."""
        for place, code in enumerate(codes.tolist()):
            if code >= 0:
                yield code, place, place
        places, numbers = self._bigrams.find(codes)
        for place, number in zip(places.tolist(), numbers.tolist(), strict=True):
            yield len(self._served.vocabulary.unigrams) + number, place, place + 1

    def _read(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yields the code of every term of a text with its span of characters.

        A term that occurs literally in its piece has its own span, any other the whole piece's.
        """
        for piece in _PIECE.finditer(text):
            lower, at = piece.group().lower(), 0
            for term in self._terms.read(lower):
                code = UNKNOWN if term is None else self._codes.get(term, UNKNOWN)
                place = lower.find(term, at) if term is not None and len(lower) == len(piece.group()) else -1
                if place < 0 or term is None:
                    yield code, piece.start(), piece.end()
                else:
                    at = place + len(term)
                    yield code, piece.start() + place, piece.start() + at


def integrated_gradients(weights: Weights, rows: Floats, checkpoint: Checkpoint = go_on) -> tuple[Floats, Floats]:
    """Returns the logits without words, (categories,), and each feature's contributions, (features, categories).

    `rows` holds what each feature adds to the sparse layer, (features, hidden + categories). If the path is integrated
    in steps, `checkpoint` is called before each.
    """
    empty = Bags(np.zeros(0, np.int32), np.zeros(0, np.float32), np.array([0, 0]))
    base: Floats = weights.logits(empty)[0]
    categories = len(weights.layers[-1].bias)
    hidden, direct = rows[:, :-categories], rows[:, -categories:]
    bias = weights.bias[:-categories]
    moved = hidden.sum(axis=0)
    if len(weights.layers) == 1:
        return base, hidden @ (share_on(moved, bias)[:, None] * weights.layers[0].kernel) + direct
    return base, hidden @ _mean_gradient(weights, moved, bias, checkpoint) + direct


def share_on(moved: Floats, bias: Floats) -> Floats:
    """Returns the share of the path from `bias` to `bias + moved` on which each unit is above zero."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossing = np.clip(-bias / moved, 0, 1)
    crossing = np.where(moved == 0, 1, crossing)
    starts_on = bias > 0
    share: Floats = np.where(starts_on, np.where(moved < 0, crossing, 1), np.where(moved > 0, 1 - crossing, 0))
    return share.astype(np.float32)


def _mean_gradient(weights: Weights, moved: Floats, bias: Floats, checkpoint: Checkpoint) -> Floats:
    """Returns the mean gradient over the path of the logits by the first layer's units, (hidden, categories)."""
    total = np.zeros((len(moved), len(weights.layers[-1].bias)), np.float32)
    for step in range(_STEPS):
        checkpoint()
        before = bias + moved * np.float32((step + 0.5) / _STEPS)
        gates = [before > 0]
        active = np.maximum(before, np.float32(0))
        for layer in weights.layers[:-1]:
            before = active @ layer.kernel + layer.bias
            gates.append(before > 0)
            active = np.maximum(before, np.float32(0))
        gradient = weights.layers[-1].kernel * gates[-1][:, None]
        for layer, gate in zip(reversed(weights.layers[:-1]), reversed(gates[:-1]), strict=True):
            gradient = (layer.kernel @ gradient) * gate[:, None]
        total += gradient
    return total / np.float32(_STEPS)
