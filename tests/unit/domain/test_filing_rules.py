"""arXiv's rules for primary categories and cross-lists."""

import pytest

from domain.category import Category
from domain.filing_rules import cross_lists, filed_as, may_be_primary, with_twins
from domain.taxonomy import Taxonomy
from entrypoints.taxonomies import all_categories

ALL = all_categories()


def named(text: str) -> tuple[Category, ...]:
    """The categories with those names."""
    return tuple(map(Category.parse, text.split()))


def listed(primary: str, wanted: str, taxonomy: Taxonomy = ALL) -> str:
    """The names of the cross-lists."""
    return " ".join(map(str, cross_lists(Category.parse(primary), named(wanted), taxonomy)))


@pytest.mark.parametrize(
    ("primary", "wanted", "expected"),
    [
        ("math.AP", "math.FA", "math.FA"),
        ("math-ph", "", "math.MP"),
        ("quant-ph", "math-ph", "math-ph math.MP"),
        ("quant-ph", "math.MP math-ph", "math.MP math-ph"),
        ("cs.LG", "cs.LG cs.AI cs.AI", "cs.AI"),
        ("cs.LG", "cs.AI cs.CL cs.CV math.IT cs.RO", "cs.AI cs.CL cs.CV cs.RO"),
        ("cs.IT", "cs.AI cs.CL cs.CV cs.RO", "math.IT cs.AI cs.CL cs.CV"),
        ("gr-qc", "physics.gen-ph math.GM hep-th", "hep-th"),
        ("cs.LG", "cs.OH stat.ML", "stat.ML"),
        ("math.AP", "cs.OH cs.LG", "cs.OH"),
        ("math.GM", "math.NT", ""),
        ("gr-qc", "astro-ph alg-geom astro-ph.CO", "astro-ph.CO"),
    ],
)
def test_cross_lists_are_those_that_arxiv_takes(primary: str, wanted: str, expected: str) -> None:
    """Twins come in pairs, at most four are listed, and retired and general ones are left out."""
    assert listed(primary, wanted) == expected


def test_every_category_gives_at_most_four_and_closed_lists() -> None:
    """Whatever is wanted, at most four come back, none twice, none retired, each with its twin."""
    wanted = [info.category for info in ALL.infos]
    for info in ALL.infos:
        found = cross_lists(info.category, wanted, ALL)
        assert len(found) <= 4
        assert len({info.category, *found}) == len(found) + 1
        assert {info.category, *found} == set(with_twins([info.category, *found], ALL))
        assert not any(ALL.infos[ALL.column(each)].retired for each in found)


def test_a_pair_of_twins_has_one_name_to_file_under() -> None:
    """Of a pair exactly one can be a primary category, unless the taxonomy lacks it; retired ones never."""
    for left, right in ALL.alias_pairs():
        pair = ALL.infos[left], ALL.infos[right]
        assert sum(may_be_primary(info, ALL) for info in pair) == 1
        assert filed_as(pair[0].category) == filed_as(pair[1].category)
    alone = ALL.subset(named("math.MP"))
    assert may_be_primary(alone.infos[0], alone)
    assert not may_be_primary(ALL.infos[ALL.column(Category.parse("alg-geom"))], ALL)
