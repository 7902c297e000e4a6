"""The contract of every explainer: exact on a tiny baseline, by occlusion, of a month, and the fake."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.baseline.attribution import attributor_of
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.serving import Dense, ServedBaseline, Weights
from adapters.classifiers.baseline.vocabulary import Vocabulary
from application.explain import CalibratedExplainer, OcclusionExplainer
from application.predictions.open_categories import OpenCategories, OpenExplainer
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.category import Category
from domain.errors import InvalidInputError
from domain.lifetime import Lifetime
from domain.ports.explainer import Explainer
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.explainer import FakeExplainer
from tests.strategies import abstracts

TAXONOMY = small_taxonomy()
WORDS = ("star", "galaxy", "black", "hole", "image", "brane")
CATEGORIES = st.lists(st.sampled_from(TAXONOMY.categories), unique=True)
KNOWN = st.lists(st.sampled_from([*WORDS, "Star-galaxy", "unheard"]), min_size=1, max_size=9).map(" ".join)
PAPERS = abstracts() | st.builds(Abstract, KNOWN, st.none() | KNOWN)


def exact() -> Explainer:
    """Integrated gradients of a baseline of random weights that knows six words and a pair."""
    random, width, hidden = np.random.default_rng(3), len(TAXONOMY), 4
    features = len(WORDS) + 1
    vocabulary = Vocabulary(WORDS, np.array([2 * len(WORDS) + 3]), np.ones(features, np.float32), unpaired=0)
    table = random.normal(size=(features, hidden + width)).astype(np.float32)
    layer = Dense(random.normal(size=(hidden, width)).astype(np.float32), np.zeros(width, np.float32))
    bias = random.normal(size=hidden + width).astype(np.float32)
    weights = Weights(table, np.ones(features, np.float32), bias, (layer,))
    served = ServedBaseline(TAXONOMY, TextOptions(), vocabulary, weights)
    mixing = tuple(tuple(0.05 * (row - column) for column in range(width)) for row in range(width))
    return CalibratedExplainer(attributor_of(served), Calibration((0.9,) * width, (0.1,) * width, mixing))


def by_leaving_out() -> Explainer:
    """Occlusion of a classifier that knows two words."""
    classifier = FakeClassifier(TAXONOMY)
    classifier.restore({"brane": [-1, 3, 0, 0, -1], "image": [0, -1, 0, 0, 2.0]})
    return OcclusionExplainer(classifier)


def of_the_month() -> Explainer:
    """The fake beside a classifier that closes the second category."""
    lifetimes = {TAXONOMY.categories[1]: Lifetime(None, "2019-12")}
    classifier = OpenCategories(FakeClassifier(TAXONOMY), lifetimes, now=lambda: datetime(2026, 11, 28, tzinfo=UTC))
    return OpenExplainer(FakeExplainer(TAXONOMY), classifier)


EXPLAINERS: dict[str, Callable[[], Explainer]] = {
    "fake": lambda: FakeExplainer(TAXONOMY),
    "integrated gradients": exact,
    "occlusion": by_leaving_out,
    "month": of_the_month,
}


@pytest.fixture(scope="module", params=EXPLAINERS)
def explainer(request: pytest.FixtureRequest) -> Explainer:
    """An explainer."""
    return EXPLAINERS[request.param]()


@given(paper=PAPERS, categories=CATEGORIES)
def test_one_for_each_category(explainer: Explainer, paper: Abstract, categories: list[Category]) -> None:
    """Explanations come one for each category asked for, in the order asked, and name their method."""
    found = explainer.explain(paper, categories)
    assert [one.category for one in found] == categories
    assert all(one.method for one in found)


@given(paper=PAPERS)
def test_what_is_promised_adds_up(explainer: Explainer, paper: Abstract) -> None:
    """Where contributions are said to add up they do within 1e-3; elsewhere nothing is claimed of base and others."""
    for whole in explainer.explain(paper, TAXONOMY.categories):
        for one in (whole, whole.top(2)):
            total = one.base + sum(term.contribution for term in one.terms) + one.others
            assert total == pytest.approx(one.logit, abs=1e-3) if one.additive else (one.base, one.others) == (0, 0)


@given(paper=PAPERS)
def test_the_largest_come_first(explainer: Explainer, paper: Abstract) -> None:
    """Terms are distinct and sorted by the size of their contribution, whatever its sign."""
    for one in explainer.explain(paper, TAXONOMY.categories):
        sizes = [abs(term.contribution) for term in one.terms]
        assert sizes == sorted(sizes, reverse=True)
        assert len({term.term for term in one.terms}) == len(one.terms)


@given(paper=PAPERS)
def test_terms_stand_in_the_paper(explainer: Explainer, paper: Abstract) -> None:
    """Every term has a place, and every place lies within the title or the abstract."""
    lengths = {"title": len(paper.title or ""), "abstract": len(paper.text)}
    (one,) = explainer.explain(paper, TAXONOMY.categories[:1])
    assert all(term.spans for term in one.terms)
    assert all(span.end <= lengths[span.field] for term in one.terms for span in term.spans)


def test_an_unknown_category_is_refused(explainer: Explainer) -> None:
    """A category that the model does not know is an InvalidInputError naming it."""
    with pytest.raises(InvalidInputError, match=r"cs\.XX"):
        explainer.explain(Abstract("star"), [Category.parse("cs.XX")])


class Stop(Exception):
    """The error that a checkpoint raises."""


def test_a_checkpoint_stops_the_work(explainer: Explainer) -> None:
    """An error of a checkpoint reaches the caller unchanged, and the next explanation is not affected."""
    paper, categories = Abstract("star galaxy black hole image brane", "Brane"), TAXONOMY.categories[:2]
    calls = 0

    def stop_at(last: int) -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            raise Stop

    whole = explainer.explain(paper, categories, checkpoint=lambda: stop_at(-1))
    parts = calls
    assert parts > 0
    for last in range(1, parts + 1):
        calls = 0
        with pytest.raises(Stop):
            explainer.explain(paper, categories, checkpoint=lambda last=last: stop_at(last))  # type: ignore[misc]  # mypy infers no default
        assert calls == last
    assert explainer.explain(paper, categories) == whole
