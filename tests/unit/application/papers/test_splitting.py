"""Papers are divided into training, validation and test."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.papers.splitting import SplitBy, SplitPolicy, Splits, placed_papers, read_splits
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, Split
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset


def _paper(number: int, month: str | None = None, id: str | None = None) -> LabelledAbstract:
    abstract = Abstract(f"text {number}", id=id or f"id-{number}", month=month)
    return LabelledAbstract(abstract, (Category.parse("cs.LG"),))


def _monthly(counts: Sequence[int]) -> list[LabelledAbstract]:
    months = (month for number, count in enumerate(counts, 1) for month in [f"2020-{number:02}"] * count)
    return [_paper(number, month) for number, month in enumerate(months)]


def _read(dataset: Dataset, policy: SplitPolicy, limit: int | None = None, seed: int = 0) -> Splits:
    return read_splits(dataset, policy, limit_samples=limit, seed=seed, on_bad_record=lambda record: None)


def _months(papers: Sequence[LabelledAbstract]) -> set[str | None]:
    return {paper.month for paper in papers}


def test_splits_by_time_unless_told() -> None:
    """The default puts the newest months into test and those before them into validation."""
    splits = _read(FakeDataset(_monthly([50, 30, 9, 6, 5])), SplitPolicy())
    assert _months(splits.test) == {"2020-05"}
    assert _months(splits.validation) == {"2020-04"}
    assert _months(splits.train) == {"2020-01", "2020-02", "2020-03"}


def test_takes_whole_months_until_the_share_is_reached() -> None:
    """A share that one month does not hold takes the month before it as well."""
    policy = SplitPolicy(test_share=0.1, validation_share=0.15)
    splits = _read(FakeDataset(_monthly([50, 30, 9, 6, 5])), policy)
    assert _months(splits.test) == {"2020-04", "2020-05"}
    assert _months(splits.validation) == {"2020-02", "2020-03"}


@given(st.lists(st.integers(1, 9), min_size=3, max_size=12), st.floats(0.01, 0.45), st.floats(0.01, 0.45), st.randoms())
def test_no_month_is_in_two_splits(counts: list[int], validation: float, test: float, random: Any) -> None:
    """By time every paper is in one split, training is older than validation, which is older than test."""
    papers = _monthly(counts)
    random.shuffle(papers)
    splits = _read(FakeDataset(papers), SplitPolicy(validation_share=validation, test_share=test))
    parts = [splits.train, splits.validation, splits.test]
    assert sorted(paper.abstract.text for part in parts for paper in part) == sorted(p.abstract.text for p in papers)
    for older, newer in itertools.pairwise(parts):
        assert max(str(month) for month in _months(older)) < min(str(month) for month in _months(newer))


def test_cuts_at_the_months_given() -> None:
    """The first months of validation and test can be said."""
    policy = SplitPolicy(validation_from="2020-02", test_from="2020-04")
    splits = _read(FakeDataset(_monthly([5, 5, 5, 5, 5])), policy)
    assert [len(splits.train), len(splits.validation), len(splits.test)] == [5, 10, 10]


def test_trains_on_papers_without_a_month() -> None:
    """A paper without a month is training data, because it may be newer than test papers."""
    papers = [*_monthly([8, 1, 1]), _paper(99)]
    assert papers[-1] in _read(FakeDataset(papers), SplitPolicy()).train


def test_says_that_time_does_not_divide() -> None:
    """With fewer than three months, the error says how else to split."""
    with pytest.raises(InvalidInputError, match="too few to split by time"):
        _read(FakeDataset(_monthly([5, 5])), SplitPolicy())


def test_papers_without_months_are_split_by_hash(caplog: pytest.LogCaptureFixture) -> None:
    """If no paper has a month, a hash divides the papers, which the log says."""
    dataset = FakeDataset([_paper(number) for number in range(99)])
    with caplog.at_level("INFO"):
        assert _read(dataset, SplitPolicy()) == _read(dataset, SplitPolicy(SplitBy.HASH))
    assert "No paper has a month" in caplog.text


def test_splits_by_hash_the_same_way_ever_after() -> None:
    """Where a paper goes by hash is fixed: these are the splits of the first version of this program."""
    policy = SplitPolicy(SplitBy.HASH, validation_share=0.25, test_share=0.25)
    papers = [_paper(number, id=f"2501.{number:05d}") for number in range(12)]
    splits = _read(FakeDataset(papers), policy)
    assert [paper.abstract.id for paper in splits.test] == ["2501.00005"]
    assert [paper.abstract.id for paper in splits.validation] == [
        "2501.00000",
        "2501.00004",
        "2501.00006",
        "2501.00007",
    ]


def test_hash_shares_are_kept() -> None:
    """By hash each split gets its share of many papers, whatever their order and months."""
    papers = [_paper(number) for number in range(4000)]
    splits = _read(FakeDataset(papers), SplitPolicy("hash", validation_share=0.1, test_share=0.2))
    assert abs(len(splits.validation) - 400) < 80  # four standard deviations
    assert abs(len(splits.test) - 800) < 100


@given(st.permutations(list(range(60))))
def test_a_paper_goes_by_hash_where_its_identifier_says(order: list[int]) -> None:
    """By hash, neither the order nor the other papers matter, and versions of a paper stay together."""
    policy = SplitPolicy("hash", validation_share=0.3, test_share=0.3)
    first = dict(_placed(FakeDataset([_paper(number) for number in range(60)]), policy))
    versions = [_paper(number, id=f"id-{number}v{order[0] + 1}") for number in order]
    again = {identifier.partition("v")[0]: split for identifier, split in _placed(FakeDataset(versions), policy)}
    assert again == first


def _placed(dataset: Dataset, policy: SplitPolicy) -> list[tuple[str, Split]]:
    placed = placed_papers(dataset, policy, lambda record: None)
    return [(str(paper.abstract.id), split) for split, paper in placed]


def test_papers_without_identifier_go_by_their_text() -> None:
    """By hash, a paper without an identifier is placed by its text."""
    papers = [LabelledAbstract(Abstract(f"text {n}"), (Category.parse("cs.LG"),)) for n in range(200)]
    splits = _read(FakeDataset(papers), SplitPolicy("hash", validation_share=0.3, test_share=0.3))
    assert min(len(splits.train), len(splits.validation), len(splits.test)) > 30


def test_keeps_the_splits_of_the_source() -> None:
    """By source, each paper stays where its source has it."""
    parts = {
        Split.TRAIN: small_papers(4),
        Split.VALIDATION: small_papers(3, first=4),
        Split.TEST: small_papers(2, first=7),
    }
    splits = _read(FakeDataset(parts), SplitPolicy(SplitBy.SOURCE))
    assert [splits.train, splits.validation, splits.test] == list(parts.values())


def test_pools_the_splits_of_the_source_for_others() -> None:
    """By time or hash, all papers of a source with splits are divided anew."""
    papers = small_papers(24)
    dataset = FakeDataset({Split.TRAIN: papers[12:], Split.TEST: papers[:12]})
    splits = _read(dataset, SplitPolicy())
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 24


@pytest.mark.parametrize("records", [small_papers(4), {Split.TRAIN: small_papers(4), Split.TEST: small_papers(2)}])
def test_says_which_splits_the_source_lacks(records: Any) -> None:
    """By source, a source without all three splits is refused."""
    with pytest.raises(InvalidInputError, match="but train, validation, test are needed"):
        _read(FakeDataset(records), SplitPolicy(SplitBy.SOURCE))


def test_refuses_an_empty_split() -> None:
    """A split without papers is an error, not a metric over nothing."""
    with pytest.raises(InvalidInputError, match=r"test split of fake would be empty \(of 15 papers"):
        _read(FakeDataset(_monthly([5, 5, 5])), SplitPolicy(validation_from="2020-02", test_from="2021-01"))


@pytest.mark.parametrize("by", list(SplitBy))
def test_limits_each_split_to_a_sample(by: SplitBy) -> None:
    """With a limit, a split has at most that number of papers, from all over it, and the same ones by the same seed."""
    papers = _monthly([200, 200, 200])
    parts = {Split.TRAIN: papers[:400], Split.VALIDATION: papers[400:500], Split.TEST: papers[500:]}
    policy = SplitPolicy(by, validation_share=0.3, test_share=0.3)
    whole = _read(FakeDataset(parts), policy)
    sample = _read(FakeDataset(parts), policy, limit=50)
    for all_papers, drawn in [
        (whole.train, sample.train),
        (whole.validation, sample.validation),
        (whole.test, sample.test),
    ]:
        places = [all_papers.index(paper) for paper in drawn]
        assert len(places) == 50
        assert places == sorted(places)
        assert places[-1] > len(all_papers) * 0.7
    assert _read(FakeDataset(parts), policy, limit=50) == sample
    assert _read(FakeDataset(parts), policy, limit=50, seed=1) != sample


@pytest.mark.parametrize("limit", [None, 5])
def test_reports_each_bad_record_once(limit: int | None) -> None:
    """A bad record is reported once, though months are counted in a pass of their own."""
    bad: list[BadRecord] = []
    dataset = FakeDataset([*_monthly([5, 5, 5]), BadRecord("fake", 16, "blank")])
    read_splits(dataset, SplitPolicy(), limit_samples=limit, seed=0, on_bad_record=bad.append)
    assert [record.line for record in bad] == [16]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"by": "date"}, "cannot be split by 'date'. Known are time, hash, source"),
        ({"test_share": 0.0}, "two positive numbers"),
        ({"test_share": 0.6, "validation_share": 0.4}, "leave something for training"),
        ({"test_share": float("nan")}, "two positive numbers"),
        ({"test_from": "2020-02"}, "both validation and test"),
        ({"validation_from": "2020-13", "test_from": "2021-01"}, "'2020-13' is not a month"),
        ({"validation_from": "2020-03", "test_from": "2020-03"}, "not before test"),
    ],
)
def test_refuses_policies_that_divide_nothing(values: dict[str, Any], words: str) -> None:
    """A bad policy is a configuration error that says what is wanted."""
    with pytest.raises(ConfigurationError, match=words):
        SplitPolicy(**values)
