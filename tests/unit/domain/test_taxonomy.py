"""Taxonomy."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.category import Category
from domain.errors import InvalidInputError
from domain.taxonomy import CategoryInfo, Taxonomy
from tests.strategies import taxonomies


def info(identifier: str, alias: str | None = None) -> CategoryInfo:
    """A category with nothing but its alias."""
    return CategoryInfo(Category(identifier), identifier, "group", alias=Category(alias) if alias else None)


def taxonomy_of(*identifiers: str) -> Taxonomy:
    """A taxonomy of those categories."""
    return Taxonomy(tuple(map(info, identifiers)))


@given(taxonomies())
def test_columns_and_categories_are_inverse(taxonomy: Taxonomy) -> None:
    """The category in position i has column i."""
    assert [taxonomy.column(category) for category in taxonomy] == list(range(len(taxonomy)))
    assert tuple(taxonomy) == taxonomy.categories == tuple(i.category for i in taxonomy.infos)


def test_empty_taxonomy_is_refused() -> None:
    """A taxonomy has at least one category."""
    with pytest.raises(InvalidInputError, match="at least one"):
        Taxonomy(())


def test_repeated_category_is_named() -> None:
    """The error names the category that stands there twice."""
    with pytest.raises(InvalidInputError, match=r"lists cs\.LG twice"):
        taxonomy_of("hep-th", "cs.LG", "cs.AI", "cs.LG")


def test_unknown_category_names_the_nearest() -> None:
    """Asking for the column of an unknown category says which known one looks most like it."""
    with pytest.raises(InvalidInputError, match=r"taxonomy of 2 categories has no cs\.LQ\. The nearest is cs\.LG"):
        taxonomy_of("hep-th", "cs.LG").column(Category("cs.LQ"))


def test_unknown_category_names_no_stranger() -> None:
    """A category that none of the known ones resembles is refused without a guess."""
    with pytest.raises(InvalidInputError, match=r"has no physics\.bio-ph\.$"):
        taxonomy_of("hep-th", "cs.LG").column(Category("physics.bio-ph"))


def test_membership() -> None:
    """A taxonomy contains its categories and nothing else."""
    taxonomy = taxonomy_of("hep-th", "cs.LG")
    assert Category("cs.LG") in taxonomy
    assert Category("cs.AI") not in taxonomy
    assert "cs.LG" not in taxonomy


def test_columns_of_leaves_unknown_categories_out() -> None:
    """Categories outside the taxonomy have no column. The order asked for is kept."""
    asked = map(Category, ("cs.LG", "cs.AI", "hep-th"))
    assert taxonomy_of("hep-th", "cs.LG").columns_of(asked) == (1, 0)


@pytest.mark.parametrize("one_sided", [False, True])
def test_alias_pairs_are_found_from_either_side(one_sided: bool) -> None:
    """A pair is one pair, whether one or both of its members name the other, in ascending columns."""
    math = info("math.MP", "math-ph")
    physics = info("math-ph", None if one_sided else "math.MP")
    assert Taxonomy((info("cs.LG"), math, physics)).alias_pairs() == ((1, 2),)
    assert Taxonomy((physics, info("cs.LG"), math)).alias_pairs() == ((0, 2),)


def test_alias_outside_the_taxonomy_is_no_pair() -> None:
    """A twin that has no column is not paired."""
    assert Taxonomy((info("math-ph", "math.MP"), info("cs.LG"))).alias_pairs() == ()


def test_category_that_names_itself_is_no_pair() -> None:
    """A category is not its own twin."""
    assert Taxonomy((info("math-ph", "math-ph"), info("cs.LG"))).alias_pairs() == ()


@given(taxonomies(min_size=2), st.randoms())
def test_subset_takes_the_order_asked_for(taxonomy: Taxonomy, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis has no public type for it
    """A subset lists just what was asked, in that order, with everything known of it."""
    asked = random.sample(taxonomy.categories, random.randint(1, len(taxonomy)))
    subset = taxonomy.subset(asked)
    assert list(subset) == asked
    assert set(subset.infos) <= set(taxonomy.infos)


@given(taxonomies(min_size=2))
def test_fingerprint_depends_on_column_order(taxonomy: Taxonomy) -> None:
    """Turning the columns round changes the fingerprint; turning them back restores it."""
    turned = taxonomy.subset(reversed(taxonomy.categories))
    assert turned.fingerprint() != taxonomy.fingerprint()
    assert turned.subset(taxonomy.categories).fingerprint() == taxonomy.fingerprint()


def test_fingerprint_depends_on_aliases_and_not_on_names() -> None:
    """Columns that are twins mean something else. A category's description means nothing to a model."""
    plain, named = taxonomy_of("math-ph"), Taxonomy((CategoryInfo(Category("math-ph"), "Other", "g", "d"),))
    aliased = Taxonomy((info("math-ph", "math.MP"),))
    assert plain.fingerprint() == named.fingerprint() != aliased.fingerprint()


def test_fingerprint_is_stable_across_releases() -> None:
    """A saved model's fingerprint is still recognised: the value is fixed here."""
    expected = "26f84ad58f30519826dae4214c638ee940f07097992a1e78a626ded09834817b"
    assert Taxonomy((info("math-ph", "math.MP"), info("cs.LG"))).fingerprint() == expected


@given(taxonomies())
def test_survives_pickling_and_copying(taxonomy: Taxonomy) -> None:
    """A taxonomy sent to another process is equal and finds its columns."""
    for twin in (pickle.loads(pickle.dumps(taxonomy)), copy.deepcopy(taxonomy)):
        assert twin == taxonomy
        assert twin.column(taxonomy.categories[-1]) == len(taxonomy) - 1
