"""arXiv's rules on a paper's primary category and its cross-lists."""

from collections.abc import Iterable, Mapping

from domain.category import Category
from domain.label import Label
from domain.taxonomy import CategoryInfo, Taxonomy

# arXiv-submission-core, `max_secondaries`; of 24,010 papers of 2015 to 2026, 16 have more.
MOST_CROSS_LISTS = 4
# The twin that arXiv adds by itself, and the one that a paper is filed under (arxiv-base, `CATEGORY_ALIASES`).
_FILED_AS: Mapping[str, str] = {
    "cs.NA": "math.NA",
    "cs.SY": "eess.SY",
    "math.IT": "cs.IT",
    "math.MP": "math-ph",
    "q-fin.EC": "econ.GN",
    "stat.TH": "math.ST",
}
# Beside another category of their archive these say nothing (arXiv-submission-core, `no_redundant_general_category`).
_GENERAL = frozenset({"cs.OH", "math.GM", "physics.gen-ph", "q-bio.OT"})
_NEVER_CROSS_LISTED = frozenset({"math.GM", "physics.gen-ph"})
# Papers filed under these have no cross-lists: none of 21 papers of math.GM has.
_ALONE = frozenset({"math.GM", "physics.gen-ph"})


def filed_as(category: Label) -> Label:
    """Returns the category that a paper is filed under: the twin whose name a primary category has, else itself."""
    known = _FILED_AS.get(category.identifier)
    return category if known is None else Category.parse(known)


def may_be_primary(info: CategoryInfo, taxonomy: Taxonomy) -> bool:
    """Returns whether new papers can be filed under a category.

    Retired ones and those that their twin replaces cannot.
    """
    standing = filed_as(info.category)
    return info.retired is None and (standing == info.category or standing not in taxonomy)


def with_twins(categories: Iterable[Label], taxonomy: Taxonomy) -> tuple[Label, ...]:
    """Returns the categories, each followed by its twin, without repetition."""
    found: dict[Label, None] = {}
    for category in categories:
        found[category] = None
        if (twin := _twin(category, taxonomy)) is not None:
            found[twin] = None
    return tuple(found)


def cross_lists(primary: Label, wanted: Iterable[Label], taxonomy: Taxonomy) -> tuple[Label, ...]:
    """Returns the cross-lists that arXiv takes beside a primary category, the most wanted first, at most four.

    The primary's twin comes first. A twin comes with its category and counts as one of the four, so a pair is left out
    where one place remains. A retired category is left out, and so is a general one beside another of its archive.
    """
    twin = _twin(primary, taxonomy)
    found: list[Label] = [] if twin is None else [twin]
    for category in wanted:
        pair = [each for each in with_twins([category], taxonomy) if each != primary and each not in found]
        fits = len(found) + len(pair) <= MOST_CROSS_LISTS
        if fits and _may_stand_beside([primary, *found], category, taxonomy):
            found += pair
    return tuple(found)


def _may_stand_beside(listed: list[Label], category: Label, taxonomy: Taxonomy) -> bool:
    name, archive = category.identifier, _archive(category)
    if name in _NEVER_CROSS_LISTED or listed[0].identifier in _ALONE or _retired(category, taxonomy):
        return False
    same = [each.identifier for each in listed if _archive(each) == archive]
    return not same or not (name in _GENERAL or any(each in _GENERAL for each in same))


def _twin(category: Label, taxonomy: Taxonomy) -> Label | None:
    return taxonomy.infos[taxonomy.column(category)].alias if category in taxonomy else None


def _retired(category: Label, taxonomy: Taxonomy) -> bool:
    return category in taxonomy and taxonomy.infos[taxonomy.column(category)].retired is not None


def _archive(category: Label) -> str:
    return category.identifier.partition(".")[0]
