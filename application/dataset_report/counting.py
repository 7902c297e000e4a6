"""Counts the papers of a source for a report, in one pass."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from application.papers.leakage import HeldOut
from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, OnBadRecord, Split

ALL = "all"
FEW_WORDS, MANY_WORDS = 20, 500
CHARACTERS_STEP, TOKENS_STEP = 100, 20
# A BERT tokenizer splits words off punctuation the same way before it looks for parts of words.
_TOKENS = re.compile(r"\w+|[^\w\s]")
_VERSION = re.compile(r"v\d+$")


@dataclass(slots=True)
class DatasetCounts:
    """Counts over the papers of a source.

    `months` counts by archive and month (YYYY-MM), `pairs` the papers that have two categories, named in the order of
    the alphabet. `characters` and `tokens` count texts by length in steps of CHARACTERS_STEP and TOKENS_STEP. A token
    is a word or a punctuation mark. `odd` counts papers by what is missing or unusual. `overlaps` counts the papers of
    the first split that are in the second one too. `first` and `last` have the earliest and the latest month by
    primary category.
    """

    papers: int = 0
    bad_records: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    primaries: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    characters: Counter[int] = field(default_factory=Counter)
    tokens: Counter[int] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    overlaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)


def count_papers(
    dataset: Dataset,
    on_bad_record: OnBadRecord,
    retired: Mapping[str, str],
    counting: Callable[[Iterable[LabelledAbstract]], Iterable[LabelledAbstract]],
) -> DatasetCounts:
    """Reads every paper once. `retired` has the last month of retired categories. `counting` passes papers on.

    Bad records are counted and passed on. The memory grows by some hundred bytes a paper.
    Raises InvalidInputError if the source has no paper.
    """
    counter = _Counter(retired)

    def count_bad(record: BadRecord) -> None:
        counter.counts.bad_records += 1
        on_bad_record(record)

    for split in _training_last(dataset):
        for paper in counting(dataset.papers(split, count_bad)):
            counter.add(split or ALL, paper)
    if not counter.counts.papers:
        raise InvalidInputError(f"{dataset.name} has no paper that can be read. Name another source.")
    return counter.counts


def _training_last(dataset: Dataset) -> list[Split | None]:
    """Returns the splits. The papers of the last one need not be remembered."""
    own = dataset.own_splits
    return sorted(own, key=lambda split: split == Split.TRAIN) if own else [None]


class _Counter:
    def __init__(self, retired: Mapping[str, str]) -> None:
        self.counts = DatasetCounts()
        self._retired = retired
        self._identifiers: set[int] = set()
        self._texts: set[int] = set()
        self._splits: dict[str, HeldOut] = {}

    def add(self, split: str, paper: LabelledAbstract) -> None:
        counts, names = self.counts, sorted({label.identifier for label in paper.categories})
        counts.papers += 1
        counts.splits[split] += 1
        counts.categories.update(names)
        counts.primaries[primary := paper.primary.identifier] += 1
        counts.pairs.update(combinations(names, 2))
        counts.labels[len(names)] += 1
        if month := paper.month:
            counts.months[_archive(paper.primary), month] += 1
            counts.first[primary] = min(month, counts.first.get(primary, month))
            counts.last[primary] = max(month, counts.last.get(primary, month))
        self._measure(paper)
        self._note_odd(paper, names)
        self._compare(split, paper)

    def _measure(self, paper: LabelledAbstract) -> None:
        text = paper.abstract.text
        self.counts.characters[len(text) // CHARACTERS_STEP * CHARACTERS_STEP] += 1
        self.counts.tokens[len(_TOKENS.findall(text)) // TOKENS_STEP * TOKENS_STEP] += 1

    def _note_odd(self, paper: LabelledAbstract, names: list[str]) -> None:
        abstract, odd = paper.abstract, self.counts.odd
        words = len(abstract.text.split())
        odd["no title"] += abstract.title is None
        odd["no identifier"] += abstract.id is None
        odd["no month"] += paper.month is None
        odd[f"fewer than {FEW_WORDS} words"] += words < FEW_WORDS
        odd[f"more than {MANY_WORDS} words"] += words > MANY_WORDS
        odd["the abstract repeats the title"] += abstract.title is not None and abstract.title == abstract.text
        odd["a retired category after its end"] += any(
            (paper.month or "") > self._retired[name] for name in names if name in self._retired
        )
        odd["the text of an earlier paper"] += _seen(self._texts, abstract.text)
        if abstract.id is not None:
            odd["the identifier of an earlier paper"] += _seen(self._identifiers, _VERSION.sub("", abstract.id))

    def _compare(self, split: str, paper: LabelledAbstract) -> None:
        for other, held in self._splits.items():
            if other != split:
                self.counts.overlaps[split, other] += paper in held
        if split not in (ALL, Split.TRAIN):
            self._splits.setdefault(split, HeldOut()).add(paper)


def _archive(label: Label) -> str:
    """Returns a category's archive. A label of one's own stands for itself."""
    return label.archive if isinstance(label, Category) else label.identifier


def _seen(known: set[int], value: str) -> bool:
    before = len(known)
    known.add(hash(value))
    return len(known) == before
