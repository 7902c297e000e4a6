"""Near-duplicates are counted within splits, across them, and by groups."""

from application.audit.duplicates import find_duplicates, group_numbers
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.ports.near_duplicates import NearDuplicate
from tests.fakes.near_duplicates import FakeNearDuplicates

TEXT = "We study the spectrum of graphs."


def test_counts_by_split() -> None:
    """Pairs are counted by their splits, papers and groups once, and different categories apart."""
    texts = [(TEXT, "cs.LG"), ("Another text of words.", "cs.CV"), (TEXT, "cs.LG"), (TEXT, "hep-th")]
    papers = [LabelledAbstract(Abstract(text), (Category(name),)) for text, name in texts]
    found = find_duplicates(papers, ["train", "train", "train", "test"], FakeNearDuplicates(0.8))
    assert (len(found.pairs), found.papers, found.groups, found.different_labels) == (3, 3, 1, 2)
    assert (found.within, found.across) == ({"train": 1}, {("train", "test"): 2})


def test_groups_connect_through_others() -> None:
    """Papers that are linked through a third one are in one group. The others are alone."""
    pairs = [NearDuplicate(1, 4, 1.0), NearDuplicate(0, 4, 0.9), NearDuplicate(2, 3, 0.9)]
    groups = group_numbers(6, pairs)
    assert groups[0] == groups[1] == groups[4]
    assert groups[2] == groups[3]
    assert len(set(groups)) == 3
