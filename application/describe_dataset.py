"""Use case: describe a source of papers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from application.papers.composition import PaperComposition
from application.papers.leakage import HeldOut, leak_sentence
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, OnBadRecord, Split
from domain.taxonomy import Taxonomy

ALL = "all"


@dataclass(frozen=True, slots=True)
class Lengths:
    """The exact mean, median, 95th percentile and maximum of text lengths."""

    mean: float
    median: int
    percentile_95: int
    longest: int


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """Counts over all papers of a source.

    `months` counts the papers of each month, oldest first. `categories` counts the papers that have a category,
    `primaries` those that have it first, most frequent first. `selected` counts papers with a category of the taxonomy.
    `make_ups` has the primary categories of each of the source's own splits, or of `all` papers. `leaked` counts the
    training papers that are also in validation or test.
    """

    source: str
    papers: int
    bad_records: int
    own_splits: tuple[str, ...]
    undated: int
    untitled: int
    multi_label: int
    selected: int
    labels: int
    months: Mapping[str, int]
    categories: Mapping[str, int]
    primaries: Mapping[str, int]
    characters: Lengths
    words: Lengths
    make_ups: Mapping[str, PaperComposition] = field(default_factory=dict)
    leaked: int = 0

    def share(self, count: int) -> float:
        """Returns `count` as a share of all papers, or 0 if there are none."""
        return count / self.papers if self.papers else 0.0


class DescribeDataset:
    """Counts a source's papers in one pass, in constant memory."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    def __call__(self, dataset: Dataset, on_bad_record: OnBadRecord, *, strict: bool = False) -> DatasetDescription:
        """Reads the whole source. Bad records are counted and passed on.

        Raises InvalidInputError if `strict` and a training paper is also in validation or test.
        """
        counts = _Counts()

        def count_bad(record: BadRecord) -> None:
            counts.bad_records += 1
            on_bad_record(record)

        held_out = HeldOut()
        for split in _held_out_first(dataset):
            composition = counts.make_ups[split or ALL] = PaperComposition()
            for paper in dataset.papers(split, count_bad):
                counts.add(paper, self._taxonomy)
                composition.add(paper)
                if split == Split.TRAIN:
                    counts.leaked += paper in held_out
                elif split is not None:
                    held_out.add(paper)
        _refuse_leaked(counts, dataset, strict=strict)
        return counts.described(dataset)


def _held_out_first(dataset: Dataset) -> list[Split | None]:
    own = dataset.own_splits
    return sorted(own, key=lambda split: split == Split.TRAIN) if own else [None]


def _refuse_leaked(counts: "_Counts", dataset: Dataset, *, strict: bool) -> None:
    if strict and counts.leaked:
        sentence = leak_sentence(counts.leaked, counts.make_ups[Split.TRAIN].papers, dataset.name)
        raise InvalidInputError(f"{sentence} Remove them from training.")


@dataclass(slots=True)
class _Counts:
    papers: int = 0
    bad_records: int = 0
    untitled: int = 0
    multi_label: int = 0
    selected: int = 0
    months: Counter[str | None] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    primaries: Counter[str] = field(default_factory=Counter)
    characters: Counter[int] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    make_ups: dict[str, PaperComposition] = field(default_factory=dict)
    leaked: int = 0

    def add(self, paper: LabelledAbstract, taxonomy: Taxonomy) -> None:
        text = paper.abstract.text
        self.papers += 1
        self.untitled += paper.abstract.title is None
        self.multi_label += len(paper.categories) > 1
        self.selected += any(category in taxonomy for category in paper.categories)
        self.months[paper.month] += 1
        self.primaries[paper.primary.identifier] += 1
        self.categories.update(category.identifier for category in paper.categories)
        self.characters[len(text)] += 1
        self.words[len(text.split())] += 1

    def described(self, dataset: Dataset) -> DatasetDescription:
        return DatasetDescription(
            source=dataset.name,
            papers=self.papers,
            bad_records=self.bad_records,
            own_splits=tuple(dataset.own_splits),
            undated=self.months.pop(None, 0),
            untitled=self.untitled,
            multi_label=self.multi_label,
            selected=self.selected,
            labels=self.categories.total(),
            months={month: count for month, count in sorted(self.months.items(), key=lambda m: str(m[0])) if month},
            categories=dict(self.categories.most_common()),
            primaries=dict(self.primaries.most_common()),
            characters=_lengths(self.characters),
            words=_lengths(self.words),
            make_ups={name: self.make_ups[name] for name in (*Split, ALL) if name in self.make_ups},
            leaked=self.leaked,
        )


def _lengths(counts: Counter[int]) -> Lengths:
    total = counts.total()
    if not total:
        return Lengths(0.0, 0, 0, 0)
    mean = sum(length * count for length, count in counts.items()) / total
    return Lengths(mean, _percentile(counts, 0.5), _percentile(counts, 0.95), max(counts))


def _percentile(counts: Counter[int], share: float) -> int:
    """Returns the smallest length that at least this share of texts does not exceed."""
    wanted = share * counts.total()
    reached = 0
    for length in sorted(counts):
        reached += counts[length]
        if reached >= wanted:
            return length
    return max(counts)
