"""The counts of a report on a source."""

from collections.abc import Sequence

import pytest

from application.dataset_report.counting import ALL, DatasetCounts, count_papers
from application.dataset_report.page import category_table, dataset_page, month_table, pair_table
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Split
from tests.fakes.dataset import FakeDataset

RETIRED = {"hep-th": "2019-12"}


def paper(
    text: str, *categories: str, title: str | None = "T", id: str | None = None, month: str | None = None
) -> LabelledAbstract:
    """A paper with these categories, the first one primary."""
    return LabelledAbstract(Abstract(text, title, id, month=month), tuple(map(Category.parse, categories)))


def counted(
    records: dict[Split, Sequence[LabelledAbstract | BadRecord]] | Sequence[LabelledAbstract | BadRecord],
) -> DatasetCounts:
    """The counts of these records."""
    return count_papers(FakeDataset(records), lambda record: None, RETIRED, lambda papers: papers)


def test_categories_months_and_labels_are_counted() -> None:
    """Each paper counts once for each of its categories and pairs, and for its primary category's archive and month."""
    counts = counted(
        [
            paper("one two three", "cs.LG", "stat.ML", month="2020-01"),
            paper("four, five.", "cs.LG", month="2021-03"),
            paper("six", "stat.ML", "cs.LG", month="2021-03"),
        ]
    )
    assert counts.splits == {ALL: 3} and counts.papers == 3
    assert counts.categories == {"cs.LG": 3, "stat.ML": 2} and counts.primaries == {"cs.LG": 2, "stat.ML": 1}
    assert counts.pairs == {("cs.LG", "stat.ML"): 2} and counts.labels == {1: 1, 2: 2}
    assert counts.months == {("cs", "2020-01"): 1, ("cs", "2021-03"): 1, ("stat", "2021-03"): 1}
    assert (counts.first["cs.LG"], counts.last["cs.LG"]) == ("2020-01", "2021-03")
    assert counts.tokens == {0: 3} and counts.characters == {0: 3}


def test_what_is_missing_or_odd_is_counted() -> None:
    """A missing title, identifier and month, copies of a text and of an identifier, and a category after its end."""
    long = " ".join(["word"] * 501)
    counts = counted(
        [
            paper(long, "cs.LG", title=None),
            paper(long, "cs.LG", id="2101.00001v1", month="2021-01"),
            paper("T", "hep-th", id="2101.00001v2", month="2021-01"),
            BadRecord("x", 4, "no abstract"),
        ]
    )
    assert {name: count for name, count in counts.odd.items() if count} == {
        "no title": 1,
        "no identifier": 1,
        "no month": 1,
        "fewer than 20 words": 1,
        "more than 500 words": 2,
        "the abstract repeats the title": 1,
        "a retired category after its end": 1,
        "the text of an earlier paper": 1,
        "the identifier of an earlier paper": 1,
    }
    assert counts.bad_records == 1


def test_splits_overlap_by_text_or_identifier() -> None:
    """A training paper with the text of a test paper, and one with its identifier in another version, are in test."""
    counts = counted(
        {
            Split.TRAIN: [
                paper("The same text.", "cs.LG"),
                paper("Another", "cs.LG", id="2101.00002v3"),
                paper("New", "cs.LG"),
            ],
            Split.TEST: [paper("the same  text.", "cs.LG"), paper("Old", "cs.LG", id="2101.00002v1")],
        }
    )
    assert counts.overlaps == {("train", "test"): 2}


def test_the_page_has_every_section() -> None:
    """Tables agree with the counts, and arXiv's own shares stand beside the source's."""
    counts = counted([paper("one", "cs.LG", "stat.ML", month="2020-01"), paper("two", "cs.LG", month="2020-02")])
    page = dataset_page("here", counts, {"cs.LG": 0.1, "math.AP": 0.2})
    assert [section.title.split()[0] for section in page.sections] == [
        "Missing",
        "Categories",
        "Co-occurrence",
        "Months",
        "Lengths",
    ]
    assert len(page.figures()) == 7
    assert category_table(counts, {"cs.LG": 0.1}).rows[0] == ("cs.LG", 2, 2, 1.0, 0.1, "2020-01", "2020-02")
    assert pair_table(counts).rows == (("cs.LG", "stat.ML", 1, 1.0),)
    assert month_table(counts).rows == (("cs", "2020-01", 1), ("cs", "2020-02", 1))
    assert any("math.AP" in str(block) for block in page.sections[1].blocks)


def test_a_source_without_papers_is_refused() -> None:
    """The message names the source."""
    with pytest.raises(InvalidInputError, match="fake has no paper that can be read"):
        counted([])
