"""Targets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from application.papers.targets import targets_of
from domain.taxonomy import Taxonomy
from tests.strategies import labelled_abstracts, taxonomies


@given(st.data(), taxonomies())
def test_a_one_stands_exactly_where_a_paper_has_the_category(data: st.DataObject, taxonomy: Taxonomy) -> None:
    """Entry (i, j) is 1 where paper i lists category j, and 0 elsewhere. Other categories have no column."""
    papers = data.draw(st.lists(labelled_abstracts(taxonomy), max_size=6))
    targets = targets_of(papers, taxonomy)
    expected = [[int(category in paper.categories) for category in taxonomy] for paper in papers]
    assert targets.dtype == np.uint8
    assert targets.shape == (len(papers), len(taxonomy))
    assert targets.tolist() == expected
