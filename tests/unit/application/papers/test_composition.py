"""The composition of sets of papers, and the categories that they lack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.opening import open_dataset
from application.papers.composition import PaperComposition, Shares, compared, distance, scarce_categories
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split
from entrypoints.shares import arxiv_shares
from entrypoints.taxonomies import load_taxonomy
from tests.real_papers import BY_TIME, NATURAL, needs

_SHARES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1), min_size=1).map(
    lambda raw: {name: value / sum(raw.values()) for name, value in raw.items()}
)


def _papers(**counts: int) -> PaperComposition:
    names = {name: name.replace("_", ".").replace(".ph", "-ph") for name in counts}
    papers = {name: LabelledAbstract(Abstract("a"), (Category(names[name]),)) for name in counts}
    return PaperComposition.of(papers[name] for name, count in counts.items() for _ in range(count))


def _file(path: str) -> PaperComposition:
    return PaperComposition.of(open_dataset(path).papers(None, lambda record: None))


@given(_SHARES, _SHARES, _SHARES)
def test_the_distance_is_a_metric_from_0_to_1(one: Shares, two: Shares, three: Shares) -> None:
    """Equal make-ups are 0 apart, distances are the same both ways, no detour is shorter, and none is above 1."""
    assert distance(one, one) == 0
    assert distance(one, two) == pytest.approx(distance(two, one))
    assert distance(one, three) <= distance(one, two) + distance(two, three) + 1e-9
    assert distance(one, two) <= 1 + 1e-9


def test_make_ups_without_a_common_category_are_1_apart() -> None:
    """The whole of one would have to change."""
    assert distance({"cs.LG": 1.0}, {"hep-th": 0.4, "gr-qc": 0.6}) == 1


@pytest.mark.parametrize(("held", "expected", "named"), [(3, 20, True), (4, 20, False), (0, 19, False), (0, 20, True)])
def test_names_what_is_below_a_fifth_of_twenty(held: int, expected: int, named: bool) -> None:
    """A category is named from 20 expected papers on, and below a fifth of them."""
    found = _papers(cs_LG=held, hep_ph=1000 - held)
    scarce = scarce_categories(found, {"train": {"cs.LG": expected / 1000}}, [["cs.LG"]])
    assert [each.category for each in scarce] == ["cs.LG"] * named


def test_each_category_is_named_once_with_what_promises_most() -> None:
    """Of two references the one that promises more is named, and the most expected category comes first."""
    references = {"train": {"cs.LG": 0.1, "math.AP": 0.03}, "arXiv": {"cs.LG": 0.05, "math.AP": 0.2}}
    scarce = scarce_categories(_papers(hep_ph=1000), references, [["cs.LG"], ["math.AP"]])
    assert [(each.category, each.expected, each.reference) for each in scarce] == [
        ("math.AP", 200, "arXiv"),
        ("cs.LG", 100, "train"),
    ]
    assert str(scarce[1]) == "cs.LG (0 of 100 expected as in training)"


def test_twins_count_as_one() -> None:
    """Validation whose papers list eess.SY first lacks no cs.SY, which arXiv lists with it."""
    train = _papers(cs_SY=500, cs_LG=500)
    validation = _papers(eess_SY=500, cs_LG=500)
    found = compared({"train": train, "validation": validation}, {}, load_taxonomy())
    assert not found.scarce


def test_retired_categories_are_not_missed() -> None:
    """No validation paper of today is of astro-ph, which has sub-categories since 2009."""
    make_ups = {"train": _papers(astro_ph=500, cs_LG=500), "validation": _papers(cs_LG=1000)}
    assert not compared(make_ups, {}, load_taxonomy()).scarce


def test_papers_of_other_categories_are_not_compared_with_arxiv() -> None:
    """If most primary categories are none of arXiv's, only the splits are compared."""
    make_ups = {"train": _papers(news=90, cs_LG=10), "validation": _papers(news=80, cs_LG=20)}
    found = compared(make_ups, arxiv_shares(), load_taxonomy())
    assert found.distances == {"train": {"validation": pytest.approx(0.1)}, "validation": {"train": pytest.approx(0.1)}}
    assert not found.scarce


def test_a_paper_of_weight_0_counts_as_absent() -> None:
    """Shares are of the papers' weight, whatever its unit."""
    found = PaperComposition.of(
        LabelledAbstract(Abstract("a"), (Category(name),), weight=weight)
        for name, weight, count in (("math.AP", 0.0, 9), ("cs.LG", 1e-9, 3), ("cs.CV", 1e-9, 1))
        for _ in range(count)
    )
    assert (found.papers, found.shares()) == (13, {"math.AP": 0.0, "cs.LG": 0.75, "cs.CV": 0.25})


def test_nothing_is_compared_without_papers() -> None:
    """A source without papers has no make-up."""
    assert compared({"all": PaperComposition()}, arxiv_shares(), load_taxonomy()).distances == {}


@needs(BY_TIME, "validation", "test")
def test_names_what_a_month_of_validation_lacks() -> None:
    """Of the papers of a single month whose sources leave out whole fields, math.AP is named, and cs.LG is not."""
    make_ups = {str(split): _file(str(BY_TIME / f"{split}.parquet")) for split in (Split.VALIDATION, Split.TEST)}
    found = compared(make_ups, arxiv_shares(), load_taxonomy())
    names = [each.category for each in found.scarce]
    assert {"math.AP", "math.DG", "cond-mat.mtrl-sci", "physics.optics"} <= set(names)
    assert "cs.LG" not in names and len(names) < 25
    assert found.distances["validation"]["arXiv"] > 0.25


@needs(NATURAL, "validation", "test")
def test_a_natural_sample_lacks_nothing() -> None:
    """Samples of all of arXiv are near its own shares, and no category is named."""
    make_ups = {str(split): _file(str(NATURAL / f"{split}.parquet")) for split in (Split.VALIDATION, Split.TEST)}
    found = compared(make_ups, arxiv_shares(), load_taxonomy())
    assert not found.scarce
    assert found.distances["validation"]["arXiv"] < 0.05
