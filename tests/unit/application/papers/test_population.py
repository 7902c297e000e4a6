"""Papers weighed so that they stand for another population."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.papers.population import reweighted, weighed
from application.papers.splitting import Splits
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from tests.strategies import examples

_NAMES = ("cs.LG", "math.AP", "hep-th")


def _papers(*primaries: str, weight: float = 1.0) -> list[LabelledAbstract]:
    return [LabelledAbstract(Abstract("a"), (Category(name),), weight=weight) for name in primaries]


@examples(40)
@given(
    st.lists(st.tuples(st.sampled_from(_NAMES), st.floats(0.1, 10)), min_size=1, max_size=30),
    st.fixed_dictionaries({name: st.floats(0.01, 5) for name in _NAMES}),
)
def test_every_category_has_its_share(drawn: list[tuple[str, float]], shares: dict[str, float]) -> None:
    """The weights have mean 1, the sums by category the ratio of their shares, and own weights hold within one."""
    papers = [_papers(name, weight=weight)[0] for name, weight in drawn]
    found = reweighted(papers, shares, "test")
    assert np.mean([paper.weight for paper in found]) == pytest.approx(1)
    present = {name for name, _ in drawn}
    for name in present:
        inside = [number for number, (other, _) in enumerate(drawn) if other == name]
        held = sum(found[number].weight for number in inside) / len(drawn)
        assert held == pytest.approx(shares[name] / sum(shares[other] for other in present))
        ratios = [found[number].weight / papers[number].weight for number in inside]
        assert ratios == pytest.approx([ratios[0]] * len(ratios))


def test_a_share_of_nothing_leaves_papers_out() -> None:
    """A category of share 0 counts for nothing."""
    found = reweighted(_papers("cs.LG", "math.AP"), {"cs.LG": 0.3, "math.AP": 0}, "test")
    assert [paper.weight for paper in found] == [2.0, 0.0]


def test_shares_that_lack_a_category_are_refused() -> None:
    """The error names the category, counts its papers and says what to add."""
    with pytest.raises(InvalidInputError, match=r"lack math\.AP, primary category of 2 validation papers\. Add"):
        reweighted(_papers("cs.LG", "math.AP", "math.AP"), {"cs.LG": 1.0}, "validation")


def test_shares_of_other_categories_alone_are_refused() -> None:
    """If every paper's category has the share 0, nothing would count."""
    with pytest.raises(InvalidInputError, match="The shares leave no test paper any weight"):
        reweighted(_papers("cs.LG"), {"cs.LG": 0.0, "math.AP": 1.0}, "test")


def test_papers_of_no_weight_are_not_trained_on() -> None:
    """Training papers of weight 0 are left out. Those of validation and test stay, and count for nothing."""
    mixed = [*_papers("cs.LG"), *_papers("math.AP", weight=0.0)]
    found = weighed(Splits(mixed, mixed, mixed), None, "fake")
    assert (found.train, found.validation, found.test) == (mixed[:1], mixed, mixed)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_split_that_weighs_nothing_is_refused(place: int) -> None:
    """The error names the split and the source."""
    parts = [_papers("cs.LG"), _papers("cs.LG"), _papers("cs.LG")]
    parts[place] = _papers("cs.LG", weight=0.0)
    name = ("training", "validation", "test")[place]
    with pytest.raises(InvalidInputError, match=f"All {name} papers of fake have the weight 0"):
        weighed(Splits(*parts), None, "fake")
