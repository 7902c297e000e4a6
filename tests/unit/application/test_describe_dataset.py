"""Counts of the papers in a source."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.describe_dataset import DatasetDescription, DescribeDataset
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Split
from tests.examples import small_papers, small_taxonomy
from tests.fakes.dataset import FakeDataset, Record


def _described(records: list[Record]) -> DatasetDescription:
    return DescribeDataset(small_taxonomy())(FakeDataset(records), lambda record: None)


def _paper(text: str, categories: str, month: str | None, title: str | None = None) -> LabelledAbstract:
    return LabelledAbstract(Abstract(text, title, month=month), tuple(map(Category.parse, categories.split())))


def test_counts_papers_labels_and_months() -> None:
    """Papers, labels, months, missing months and titles, and bad records are counted."""
    description = _described(
        [
            _paper("a b c", "cs.LG stat.ML", "2020-02", "T"),
            BadRecord("fake", 2, "blank"),
            _paper("a b", "stat.ML", "2019-12"),
            _paper("a", "cs.LG", None),
        ]
    )
    assert (description.papers, description.bad_records, description.undated, description.untitled) == (3, 1, 1, 2)
    assert list(description.months.items()) == [("2019-12", 1), ("2020-02", 1)]
    assert description.categories == {"cs.LG": 2, "stat.ML": 2}
    assert description.primaries == {"cs.LG": 2, "stat.ML": 1}
    assert (description.multi_label, description.labels, description.selected) == (1, 4, 2)
    assert description.share(description.selected) == 2 / 3


def test_hands_bad_records_on() -> None:
    """A bad record is handed to the caller as well as counted."""
    bad: list[BadRecord] = []
    DescribeDataset(small_taxonomy())(FakeDataset([BadRecord("fake", 1, "blank")]), bad.append)
    assert len(bad) == 1


def test_reads_all_splits() -> None:
    """All splits of a source count, and are named."""
    dataset = FakeDataset({Split.TRAIN: small_papers(5), Split.TEST: small_papers(3)})
    description = DescribeDataset(small_taxonomy())(dataset, lambda record: None)
    assert description.papers == 8
    assert description.own_splits == ("train", "test")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_lengths_are_exact(lengths: list[int]) -> None:
    """Mean, median, 95th percentile and longest equal those of the sorted lengths."""
    description = _described([_paper(" ".join(["ab"] * length), "cs.LG", None) for length in lengths])
    found = description.words
    assert found.mean == statistics.fmean(lengths)
    assert found.median == statistics.median_low(lengths)
    assert found.percentile_95 == sorted(lengths)[max(0, -(-95 * len(lengths) // 100) - 1)]
    assert found.longest == max(lengths)
    assert description.characters.longest == 3 * max(lengths) - 1


def test_describes_nothing() -> None:
    """A source without papers has zeros, and no division by them."""
    description = _described([])
    assert (description.papers, description.words.longest, description.share(0)) == (0, 0, 0.0)


def test_each_split_has_its_make_up_and_held_out_papers_in_training_are_counted() -> None:
    """Primary categories are counted split by split, and training papers that validation or test have too."""
    papers = small_papers(10)
    dataset = FakeDataset({Split.TRAIN: papers[:7], Split.VALIDATION: papers[6:8], Split.TEST: papers[8:]})
    description = DescribeDataset(small_taxonomy())(dataset, lambda record: None)
    assert {name: composition.papers for name, composition in description.make_ups.items()} == {
        "train": 7,
        "validation": 2,
        "test": 2,
    }
    assert list(description.make_ups) == ["train", "validation", "test"]
    assert description.leaked == 1
    with pytest.raises(InvalidInputError, match="Of 7 training papers of fake, 1 is in validation or test"):
        DescribeDataset(small_taxonomy())(dataset, lambda record: None, strict=True)
