"""Explanations of calibrated probabilities."""

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from application.calibration.platt_scaling import CalibratedClassifier
from application.explain import CalibratedExplainer, OcclusionExplainer, word_spans
from application.models.ensemble import EnsembleClassifier
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.category import Category
from domain.checkpoint import Checkpoint, go_on
from domain.errors import InvalidInputError
from domain.explanation import Explanation, Span
from domain.ports.explainer import Attribution, Attributor, Reader
from domain.prediction import PredictionBatch
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
    def attribute(self, abstract: Abstract, *, checkpoint: Checkpoint = go_on) -> Attribution:
        spans = ((Span("abstract", 0, 4),), ())
        return Attribution(APART, "two", ("star", "graph"), spans, self.contributions.data, self.base.data)


def explained(category: str) -> Explanation:
    """Returns the probability that the two terms give a category."""
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
        assert found.logit is not None
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


class FirstWords(FakeClassifier, Reader):
    """A classifier that reads the first characters of an abstract, and counts the papers that it is given at a time."""

    def __init__(self, reads: int) -> None:
        super().__init__(APART)
        self.restore({"brane": [-1, 3, 0, 0, -1], "image": [0, -1, 0, 0, 2.0], "sky": [0, -1, 0, 0, 0]})
        self.reads = reads
        self.batches: list[int] = []

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        self.batches.append(len(abstracts))
        read = [Abstract(f".{one.text[: self.reads]}") for one in abstracts]
        return super().predict(read, checkpoint=checkpoint)

    @override
    def read_spans(self, abstract: Abstract) -> tuple[Span, ...]:
        return (Span("abstract", 0, min(self.reads, len(abstract.text))),)


NUMBERS = " ".join(f"w{number}" for number in range(60))


def test_a_word_that_is_not_read_is_no_term() -> None:
    """Words beyond what the model reads are in no list of terms, though one that is read is left out beyond it too."""
    reader = FirstWords(17)
    paper = Abstract(f"brane w1 w2 w3 w4 sky brane {NUMBERS}", "Title")
    (found,) = OcclusionExplainer(reader).explain(paper, [Category.parse("hep-th")])
    assert {term.term for term in found.terms} == {"brane", "w1", "w2", "w3", "w4"}
    assert found.terms[0].contribution == pytest.approx(4.0, abs=1e-4)  # without it "sky" is read


def test_few_variants_are_made_at_a_time() -> None:
    """However long the paper, a model is given at most eight variants at a time."""
    reader = FirstWords(10_000)
    OcclusionExplainer(reader).explain(Abstract(NUMBERS), [Category.parse("hep-th")])
    assert max(reader.batches) <= 8
    assert sum(reader.batches) == 1 + 60


def test_an_ensemble_is_explained_by_all_words_that_a_member_reads(learnt: FakeClassifier) -> None:
    """Contributions are those of asking the whole ensemble, and a member is asked for the words that it reads only."""
    reader, other = FirstWords(20), FirstWords(10_000)
    paper = Abstract(f"image w1 w2 w3 w4 w5 {NUMBERS} brane")
    inner = CalibratedClassifier(EnsembleClassifier([(reader, 1.0), (other, 2.0)]), CALIBRATION)
    ensemble = CalibratedClassifier(EnsembleClassifier([(inner, 3.0), (FakeClassifier(APART), 1.0)]), CALIBRATION)
    found = OcclusionExplainer(ensemble).explain(paper, APART.categories)
    assert sum(reader.batches) == 1 + 6
    for column, one in enumerate(found):
        assert len(one.terms) == 62
        terms = {term.term: term.contribution for term in one.terms}
        for word in ("image", "brane", "w3"):
            without = Abstract(re.sub(rf"\b{word}\b", " ", paper.text))
            logits = [
                math.log(p / (1 - p)) for p in (row.probabilities[column] for row in ensemble.predict([paper, without]))
            ]
            assert terms[word] == pytest.approx(logits[0] - logits[1], abs=1e-5)


def test_the_checkpoint_comes_before_each_part() -> None:
    """No two batches of variants are predicted without a checkpoint between them."""
    reader = FirstWords(10_000)
    seen: list[int] = []
    explainer = OcclusionExplainer(reader)
    explainer.explain(
        Abstract(NUMBERS), [Category.parse("hep-th")], checkpoint=lambda: seen.append(len(reader.batches))
    )
    assert sorted(set(seen)) == list(range(len(reader.batches)))


@given(paper=abstracts(), first=st.integers(0, 4))
def test_any_paper_can_be_explained(learnt: FakeClassifier, paper: Abstract, first: int) -> None:
    """Whatever its characters, a paper gets an explanation for each category asked for, in their order."""
    asked = TAXONOMY.categories[first:]
    assert [found.category for found in OcclusionExplainer(learnt).explain(paper, asked)] == list(asked)


def test_words_are_found_where_they_stand() -> None:
    """Words are distinguished without case, and hyphenated words are whole."""
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
    with pytest.raises(ValueError, match="not a span"):
        Span(*bad)
