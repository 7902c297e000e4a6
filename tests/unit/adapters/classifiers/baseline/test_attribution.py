"""The baseline's logits taken apart by the words of a paper."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.classifiers.baseline.attribution import attributor_of, share_on
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.serving import Dense, ServedBaseline, Weights
from adapters.classifiers.baseline.vocabulary import Vocabulary
from domain.abstract import Abstract
from domain.explanation import Span
from domain.ports.explainer import Attribution
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier

TAXONOMY = small_taxonomy()
WORDS = ("the", "star", "galaxy", "black", "hole", "c++", "\\alpha")
PAIRS = [(1, 2), (3, 4)]
TEXTS = st.lists(
    st.sampled_from([*WORDS, "unheard", "Star-galaxy", "\N{GREEK SMALL LETTER ALPHA}"]), min_size=1, max_size=12
).map(" ".join)


def served(hidden: tuple[int, ...] = (6,), *, seed: int = 0) -> ServedBaseline:
    """A baseline of random weights that knows a few words and two pairs."""
    random = np.random.default_rng(seed)
    keys = np.sort(np.array([a * len(WORDS) + b for a, b in PAIRS], np.int64))
    features = len(WORDS) + len(keys)
    vocabulary = Vocabulary(WORDS, keys, random.uniform(1, 5, features).astype(np.float32), unpaired=1)
    widths = [hidden[0] + len(TAXONOMY), *hidden[1:], len(TAXONOMY)]
    first = random.normal(size=(features, widths[0])).astype(np.float32) * 2
    layers = tuple(
        Dense(random.normal(size=(a, b)).astype(np.float32), random.normal(size=b).astype(np.float32))
        for a, b in zip(hidden, widths[1:], strict=True)
    )
    bias = random.normal(size=widths[0]).astype(np.float32)
    weights = Weights(first, np.ones(features, np.float32), bias, layers)
    return ServedBaseline(TAXONOMY, TextOptions(), vocabulary, weights)


def residual(classifier: ServedBaseline, paper: Abstract) -> float:
    """How far base and contributions are from the raw logits."""
    found = attributor_of(classifier).attribute(paper)
    given = np.asarray(found.base)[0] + np.asarray(found.contributions).sum(axis=0)
    return float(np.abs(given - classifier.weights.logits(classifier.bags([paper]))[0]).max())


def terms_of(found: Attribution, paper: Abstract) -> dict[str, list[str]]:
    """Returns the text of the paper at the place of each term."""
    texts = {"title": paper.title or "", "abstract": paper.text}
    return {
        term: [texts[span.field][span.start : span.end] for span in spans]
        for term, spans in zip(found.terms, found.spans, strict=True)
    }


@given(text=TEXTS, title=st.none() | TEXTS, seed=st.integers(0, 50))
def test_contributions_add_up(text: str, title: str | None, seed: int) -> None:
    """With one hidden layer, base and contributions are the raw logits within 1e-3."""
    assert residual(served(seed=seed), Abstract(text, title)) < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_contributions_add_up_through_several_layers(seed: int) -> None:
    """With more hidden layers, walked in steps, they differ by a few thousandths of logits of some tens."""
    assert residual(served((6, 5, 4), seed=seed), Abstract("star galaxy black hole", "the star")) < 0.05


def test_terms_say_where_they_stand() -> None:
    """Terms and pairs are found in title and abstract, whatever their case and spelling."""
    paper = Abstract("A Black hole, or c++ and \N{GREEK SMALL LETTER ALPHA}.", "The STAR-Galaxy")
    found = terms_of(attributor_of(served()).attribute(paper), paper)
    assert found == {
        "the": ["The"],
        "star": ["STAR"],
        "galaxy": ["Galaxy"],
        "star galaxy": ["STAR-Galaxy"],
        "black": ["Black"],
        "hole": ["hole"],
        "black hole": ["Black hole"],
        "c++": ["c++"],
        "\\alpha": ["\N{GREEK SMALL LETTER ALPHA}."],
    }


@given(text=TEXTS)
def test_every_term_stands_somewhere(text: str) -> None:
    """No feature of a paper is without a place in it."""
    found = attributor_of(served()).attribute(Abstract(text))
    assert all(found.spans)


def test_a_repeated_term_stands_wherever_it_does() -> None:
    """Each place of a term has a span."""
    found = attributor_of(served()).attribute(Abstract("star the star"))
    assert dict(zip(found.terms, found.spans, strict=True))["star"] == (Span("abstract", 0, 4), Span("abstract", 9, 13))


def test_a_paper_of_unknown_words_is_its_base() -> None:
    """If no word is known there are no terms, and the base is all."""
    found = attributor_of(served()).attribute(Abstract("unheard"))
    assert (found.terms, np.asarray(found.contributions).shape) == ((), (0, len(TAXONOMY)))


@given(bias=st.floats(-3, 3, width=32), moved=st.floats(-3, 3, width=32))
@example(bias=1.0, moved=1.4012984642987607e-45)
@example(bias=-1.0, moved=-1.4012984642987607e-45)
def test_share_of_the_path(bias: float, moved: float) -> None:
    """The share of the path on which a unit is on times its way is what its activation gains."""
    share = share_on(np.array([moved], np.float32), np.array([bias], np.float32))[0]
    assert 0 <= share <= 1
    assert share * moved == pytest.approx(max(bias + moved, 0) - max(bias, 0), abs=1e-5)


def test_only_a_baseline_has_it() -> None:
    """Another classifier is a programmer's mistake."""
    with pytest.raises(TypeError, match="FakeClassifier is not a baseline"):
        attributor_of(FakeClassifier(TAXONOMY))
