"""Explains probabilities: exactly where a classifier can be taken apart, else by leaving words out."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from application.calibration import negated_logits
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.category import Category
from domain.explanation import Explanation, Span, TermContribution
from domain.ports.classifier import Classifier
from domain.ports.explainer import Attributor, Explainer

Floats = NDArray[np.float64]
_WORD = re.compile(r"\w+(?:[-'^]\w+)*")
# A word is left out of the text by putting this in its place, so that a text of one word does not become blank.
_GAP = " "
_NOTHING = "."


class CalibratedExplainer(Explainer):
    """The raw logits' contributions, carried through the calibration, which is linear in them."""

    def __init__(self, attributor: Attributor, calibration: Calibration) -> None:
        self._attributor = attributor
        self._matrix = np.diag(calibration.slopes)
        if calibration.mixing:
            self._matrix = self._matrix + np.array(calibration.mixing)
        self._intercepts = np.array(calibration.intercepts)

    @override
    def explain(self, abstract: Abstract, categories: Sequence[Category]) -> tuple[Explanation, ...]:
        attribution = self._attributor.attribute(abstract)
        rows = self._matrix[[attribution.taxonomy.column(category) for category in categories]]
        contributions = np.asarray(attribution.contributions) @ rows.T
        bases = (np.asarray(attribution.base) @ rows.T)[0]
        bases += self._intercepts[[attribution.taxonomy.column(category) for category in categories]]
        terms = list(zip(attribution.terms, attribution.spans, strict=True))
        return tuple(
            Explanation(
                category,
                attribution.method,
                additive=True,
                logit=float(base + column.sum()),
                base=float(base),
                terms=_sorted_terms(terms, column),
            )
            for category, column, base in zip(categories, contributions.T, bases, strict=True)
        )


class OcclusionExplainer(Explainer):
    """What a calibrated classifier's logits lose when a word is left out wherever it stands (Zeiler and Fergus 2014).

    It reads the paper once for each of its distinct words.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @override
    def explain(self, abstract: Abstract, categories: Sequence[Category]) -> tuple[Explanation, ...]:
        columns = [self._classifier.taxonomy.column(category) for category in categories]
        words = word_spans(abstract)
        without = [_left_out(abstract, spans) for spans in words.values()]
        logits = self._logits([abstract, *without])[:, columns]
        lost = logits[0] - logits[1:]
        terms = list(words.items())
        return tuple(
            Explanation(
                category,
                "occlusion",
                additive=False,
                logit=float(logits[0, number]),
                base=0.0,
                terms=_sorted_terms(terms, lost[:, number]),
            )
            for number, category in enumerate(categories)
        )

    def _logits(self, abstracts: Sequence[Abstract]) -> Floats:
        probabilities = np.asarray(self._classifier.predict(abstracts).probabilities)
        return -negated_logits(probabilities).astype(np.float64)


def _sorted_terms(terms: Sequence[tuple[str, tuple[Span, ...]]], values: Floats) -> tuple[TermContribution, ...]:
    order = np.argsort(-np.abs(values), kind="stable")
    return tuple(TermContribution(terms[n][0], float(values[n]), terms[n][1]) for n in order.tolist())


def word_spans(abstract: Abstract) -> dict[str, tuple[Span, ...]]:
    """Every distinct word of title and abstract, lower-cased, in the order of first appearance, and where it stands."""
    found: dict[str, list[Span]] = {}
    for field, text in (("title", abstract.title or ""), ("abstract", abstract.text)):
        for match in _WORD.finditer(text):
            found.setdefault(match.group().lower(), []).append(Span(field, match.start(), match.end()))
    return {word: tuple(spans) for word, spans in found.items()}


def _left_out(abstract: Abstract, spans: Sequence[Span]) -> Abstract:
    title, text = (
        _without(value, [span for span in spans if span.field == field])
        for field, value in (("title", abstract.title), ("abstract", abstract.text))
    )
    kept = text if text and not text.isspace() else _NOTHING
    return Abstract(kept, title, max_characters=max(len(kept), len(title or "")))


def _without(text: str | None, spans: Sequence[Span]) -> str | None:
    if text is None or not spans:
        return text
    pieces, at = [], 0
    for span in spans:
        pieces.append(text[at : span.start])
        at = span.end
    return _GAP.join([*pieces, text[at:]])
