"""Explanations of calibrated probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from application.calibration import CalibratedClassifier
from application.explain import CalibratedExplainer, OcclusionExplainer, word_spans
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.category import Category
from domain.errors import InvalidInputError
from domain.explanation import Explanation, Span
from domain.ports.explainer import Attribution, Attributor
from domain.taxonomy import CategoryInfo, Taxonomy
from tests.examples import small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.strategies import abstracts

TAXONOMY = small_taxonomy()
# Without aliases, so that a calibrated probability is not averaged with its twin's.
APART = Taxonomy(tuple(CategoryInfo(c, "", "") for c in TAXONOMY.categories))
CALIBRATION = Calibration(
    (1.0, 0.9, 1.1, 1.2, 1.0),
    (0.0, -0.1, 0.2, 0.2, 0.1),
    tuple(tuple(0.1 * (row - column) for column in range(5)) for row in range(5)),
)


class Two(Attributor):
    """Says that a paper is made of two terms."""

    contributions = np.array([[1, 2, -3, 0.5, 0], [-0.5, 1, 1, 1, 4]], np.float32)
    base = np.array([[-1, -2, 0, 1, -3]], np.float32)

    @override
    def attribute(self, abstract: Abstract) -> Attribution:
        spans = ((Span("abstract", 0, 4),), ())
        return Attribution(APART, "two", ("star", "graph"), spans, self.contributions.data, self.base.data)


def explained(category: str) -> Explanation:
    """What the two terms make of a category."""
    (found,) = CalibratedExplainer(Two(), CALIBRATION).explain(Abstract("star graph"), [Category.parse(category)])
    return found


def test_the_logit_is_the_calibrated_one() -> None:
    """Base and contributions add up to the logit of the probability that the calibrated classifier gives."""

    class Raw(FakeClassifier):
        def _row(self, abstract: Abstract) -> list[float]:
            logits = Two.base[0] + Two.contributions.sum(axis=0)
            return list(1 / (1 + np.exp(-logits)))

    served = CalibratedClassifier(Raw(APART), CALIBRATION).predict([Abstract("star graph")])[0]
    for category in APART.categories:
        found = explained(str(category))
        assert found.logit == pytest.approx(found.base + sum(term.contribution for term in found.terms), abs=1e-5)
        assert 1 / (1 + np.exp(-found.logit)) == pytest.approx(served.probability(category), abs=1e-5)


def test_the_largest_contribution_comes_first() -> None:
    """Terms are sorted by size, whatever their sign, and keep their places in the paper."""
    found = explained("math-ph")
    assert [term.term for term in found.terms] == ["star", "graph"]
    assert found.terms[0].spans == (Span("abstract", 0, 4),)
    assert abs(found.terms[0].contribution) > abs(found.terms[1].contribution)


def test_what_is_left_out_is_summed_up() -> None:
    """Of the terms beyond the first ones the sum stays."""
    whole, part = explained("cs.LG"), explained("cs.LG").top(1)
    assert len(part.terms) == 1
    assert part.base + part.terms[0].contribution + part.others == pytest.approx(whole.logit)


def test_an_unknown_category_is_an_error() -> None:
    """A category that the model does not know is named, with the nearest one."""
    for explainer in (CalibratedExplainer(Two(), CALIBRATION), OcclusionExplainer(FakeClassifier(TAXONOMY))):
        with pytest.raises(InvalidInputError, match=r"cs\.XX"):
            explainer.explain(Abstract("star"), [Category.parse("cs.XX")])


@pytest.fixture(scope="module")
def learnt() -> FakeClassifier:
    """A classifier that knows that a brane is hep-th, and more."""
    classifier = FakeClassifier(TAXONOMY)
    classifier.restore({"brane": [-1, 3, 0, 0, -1], "image": [0, -1, 0, 0, 2.0]})
    return classifier


def test_occlusion_gives_what_a_word_adds(learnt: FakeClassifier) -> None:
    """A word's contribution is the logit with it less the logit without it, in title and abstract alike."""
    (found,) = OcclusionExplainer(learnt).explain(Abstract("Brane image brane", "Brane"), [Category.parse("hep-th")])
    assert (found.method, found.additive, found.base, found.others) == ("occlusion", False, 0.0, 0.0)
    assert [(term.term, round(term.contribution, 4)) for term in found.terms] == [("brane", 3.0), ("image", -1.0)]
    assert found.terms[0].spans == (Span("title", 0, 5), Span("abstract", 0, 5), Span("abstract", 12, 17))
    assert found.logit == pytest.approx(2.0, abs=1e-5)


@given(paper=abstracts(), first=st.integers(0, 4))
def test_any_paper_can_be_explained(learnt: FakeClassifier, paper: Abstract, first: int) -> None:
    """Whatever its characters, a paper gets an explanation for each category asked for, in their order."""
    asked = TAXONOMY.categories[first:]
    assert [found.category for found in OcclusionExplainer(learnt).explain(paper, asked)] == list(asked)


def test_words_are_found_where_they_stand() -> None:
    """Words are told apart without case, those with hyphens whole."""
    assert word_spans(Abstract("Self-dual, self-dual!", "A_b")) == {
        "a_b": (Span("title", 0, 3),),
        "self-dual": (Span("abstract", 0, 9), Span("abstract", 11, 20)),
    }


def test_papers_have_words() -> None:
    """The example papers have spans that point at their words."""
    for paper in small_papers(4):
        for word, spans in word_spans(paper.abstract).items():
            texts = {"title": paper.abstract.title or "", "abstract": paper.abstract.text}
            assert {texts[span.field][span.start : span.end].lower() for span in spans} == {word}


@pytest.mark.parametrize("bad", [("title", 1, 1), ("title", -1, 2), ("body", 0, 1)])
def test_a_span_is_somewhere(bad: tuple[str, int, int]) -> None:
    """A span of nothing, before the start or of another field cannot be made."""
    with pytest.raises(ValueError, match="no span"):
        Span(*bad)
