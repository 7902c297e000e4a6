"""Fixtures of several domain tests."""

import pytest

from domain.category import Category
from domain.taxonomy import CategoryInfo, Taxonomy


@pytest.fixture
def two_categories() -> Taxonomy:
    """A taxonomy of cs.LG and hep-th."""
    return Taxonomy(tuple(CategoryInfo(Category(name), name, "group") for name in ("cs.LG", "hep-th")))
