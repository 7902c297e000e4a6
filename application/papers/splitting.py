"""Divides a source of papers into training, validation and test."""

import hashlib
import logging
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from application.papers.leakage import HeldOut, LeftOut, without_held_out
from application.papers.sampling import Reservoir
from domain.errors import ConfigurationError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.paper_columns import KeepPapers, chosen, months_of
from domain.ports.dataset import BadRecord, Dataset, OnBadRecord, Split

_logger = logging.getLogger(__name__)
Placement = Callable[[LabelledAbstract], Split]

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
# Versions of one paper are near copies and belong together.
_VERSION = re.compile(r"v\d+$")


class SplitBy(StrEnum):
    """The criterion that assigns a paper to its split."""

    TIME = "time"
    HASH = "hash"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """The way papers are divided.

    By time, splits are whole months. The newest months that hold at least `test_share` of the dated papers are the test
    split, those before them with `validation_share` the validation split. Alternatively both first months are given.
    Papers without a month are training papers. If no paper has one, papers are split by hash.
    By hash, a hash of a paper's identifier, or else of its text, decides, always with the same result.
    By source, the source's own splits are used. Bad values raise ConfigurationError.
    """

    by: SplitBy | str = SplitBy.TIME
    validation_share: float = 0.05
    test_share: float = 0.05
    validation_from: str | None = None
    test_from: str | None = None

    def __post_init__(self) -> None:
        if self.by not in tuple(SplitBy):
            raise ConfigurationError(f"Papers cannot be split by {self.by!r}. Known are {', '.join(SplitBy)}.")
        shares = (self.validation_share, self.test_share)
        if not (all(share > 0 for share in shares) and sum(shares) < 1):
            raise ConfigurationError(
                f"The shares of validation and test are {shares[0]} and {shares[1]}. "
                "Give two positive numbers that leave something for training."
            )
        _check_cuts(self.validation_from, self.test_from)


@dataclass(frozen=True, slots=True)
class Splits:
    """The papers of each split, in the source's order. Those of training may lie on disk."""

    train: Sequence[LabelledAbstract]
    validation: list[LabelledAbstract]
    test: list[LabelledAbstract]

    def of(self, split: Split) -> Sequence[LabelledAbstract]:
        """Returns the papers of one split."""
        return {Split.TRAIN: self.train, Split.VALIDATION: self.validation, Split.TEST: self.test}[split]


def read_splits(
    dataset: Dataset,
    policy: SplitPolicy,
    *,
    limit_samples: int | None,
    seed: int,
    on_bad_record: OnBadRecord,
    strict: bool = False,
    keep: KeepPapers = list,
) -> Splits:
    """Returns every split. `keep` keeps the training papers, by default in memory. The others are in memory.

    With `limit_samples`, each split is a uniform random sample of at most that many papers, all in memory. Training
    papers that are also in validation or test are left out, or refused if `strict`.
    Raises InvalidInputError if a split would be empty.
    """
    if limit_samples is not None:
        splits = _sampled(placed_papers(dataset, policy, on_bad_record), limit_samples, seed)
    elif policy.by == SplitBy.SOURCE:
        splits = _by_source(dataset, policy, on_bad_record, keep)
    else:
        splits = _divided(keep(dataset.papers(None, on_bad_record)), policy)
    refuse_empty({split: len(splits.of(split)) for split in Split}, dataset.name)
    held_out = chain(splits.validation, splits.test)
    splits = replace(splits, train=without_held_out(splits.train, held_out, dataset.name, strict=strict))
    counts = {split: len(splits.of(split)) for split in Split}
    training, validation, test = (f"{count:,}" for count in counts.values())
    log_event(
        _logger,
        "papers_split",
        f"{training} papers to train on, {validation} to validate and {test} to test.",
        papers={str(split): count for split, count in counts.items()},
    )
    return splits


def placed_papers(
    dataset: Dataset, policy: SplitPolicy, on_bad_record: OnBadRecord
) -> Iterator[tuple[Split, LabelledAbstract]]:
    """Yields every paper with its split, in constant memory. Shares by time need a first pass to count the months.

    A source's own splits come in the order validation, test, training.
    """
    if policy.by == SplitBy.SOURCE:
        _refuse_incomplete(dataset)
        for split in (Split.VALIDATION, Split.TEST, Split.TRAIN):
            for paper in dataset.papers(split, on_bad_record):
                yield split, paper
        return
    place = placement(policy, dataset.papers(None, _ignore))
    for paper in dataset.papers(None, on_bad_record):
        yield place(paper), paper


def placed_apart(
    dataset: Dataset, policy: SplitPolicy, on_bad_record: OnBadRecord, *, strict: bool = False
) -> Iterator[tuple[Split, LabelledAbstract]]:
    """Yields every paper with its split, without the training papers that are also in validation or test.

    It needs some bytes of memory for each paper of validation and test. The number of papers left out is logged at the
    end.
    Raises InvalidInputError if `strict` and there are any, or if no training paper remains.
    """
    held_out = HeldOut()
    training = LeftOut(held_out)
    if policy.by == SplitBy.SOURCE:
        placed = placed_papers(dataset, policy, on_bad_record)
    else:
        place = placement(policy, dataset.papers(None, _ignore))
        for paper in dataset.papers(None, _ignore):
            if place(paper) != Split.TRAIN:
                held_out.add(paper)
        placed = ((place(paper), paper) for paper in dataset.papers(None, on_bad_record))
    for split, paper in placed:
        if split != Split.TRAIN:
            held_out.add(paper)
        elif not training.keeps(paper):
            continue
        yield split, paper
    training.report(dataset.name, strict=strict)


def placement(policy: SplitPolicy, papers: Iterable[LabelledAbstract]) -> Placement:
    """Returns a function from a paper to its split. `papers` are only read if months must be counted.

    Papers of which none has a month are split by hash.
    """
    if policy.by == SplitBy.HASH:
        return lambda paper: _by_hash(paper, policy)
    validation_from, test_from = policy.validation_from, policy.test_from
    if validation_from is None or test_from is None:
        months = Counter(months_of(papers))
        if months and not any(months):
            log_event(_logger, "split_by_hash", "No paper has a month, so papers are split by hash and not by time.")
            return lambda paper: _by_hash(paper, policy)
        validation_from, test_from = _cuts(months, policy)
    return lambda paper: _by_month(paper.month, validation_from, test_from)


def refuse_empty(counts: dict[Split, int], source: str) -> None:
    """Raises InvalidInputError if a split has no papers."""
    empty = [split for split in Split if not counts.get(split)]
    if empty:
        raise InvalidInputError(
            f"The {empty[0]} split of {source} would be empty (of {sum(counts.values()):,} papers in all). "
            "Split in another way, or give it a larger share."
        )


def _sampled(placed: Iterable[tuple[Split, LabelledAbstract]], limit: int, seed: int) -> Splits:
    samples: dict[Split, Reservoir[LabelledAbstract]] = {
        split: Reservoir(limit, seed=f"{seed}:{split}") for split in Split
    }
    for split, paper in placed:
        samples[split].add(paper)
    return Splits(*(samples[split].items() for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)))


def _by_source(dataset: Dataset, policy: SplitPolicy, on_bad_record: OnBadRecord, keep: KeepPapers) -> Splits:
    judged: dict[Split, list[LabelledAbstract]] = {Split.VALIDATION: [], Split.TEST: []}

    def training() -> Iterator[LabelledAbstract]:
        for split, paper in placed_papers(dataset, policy, on_bad_record):
            if split == Split.TRAIN:
                yield paper
            else:
                judged[split].append(paper)

    return Splits(keep(training()), judged[Split.VALIDATION], judged[Split.TEST])


def _divided(papers: Sequence[LabelledAbstract], policy: SplitPolicy) -> Splits:
    place = placement(policy, papers)
    rows = {split: array("q") for split in Split}
    for row, paper in enumerate(papers):
        rows[place(paper)].append(row)
    train, validation, test = (chosen(papers, rows[split]) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST))
    return Splits(train, list(validation), list(test))


def _cuts(months: Counter[str | None], policy: SplitPolicy) -> tuple[str, str]:
    dated = {month: count for month, count in months.items() if month is not None}
    newest_first = sorted(dated, reverse=True)
    if len(newest_first) < len(Split):
        of = f"{len(newest_first)} month{'' if len(newest_first) == 1 else 's'}"
        raise InvalidInputError(f"The papers are of {of}, too few to split by time. Split them by hash.")
    total = sum(dated.values())
    tested = _months_of_share(newest_first[:-2], dated, policy.test_share * total)
    rest = newest_first[tested:]
    validated = _months_of_share(rest[:-1], dated, policy.validation_share * total)
    return rest[validated - 1], newest_first[tested - 1]


def _months_of_share(newest_first: list[str], counts: dict[str, int], wanted: float) -> int:
    """Returns the smallest number of months that hold `wanted` papers, or all months if they hold fewer."""
    held = 0
    for number, month in enumerate(newest_first, start=1):
        held += counts[month]
        if held >= wanted:
            return number
    return len(newest_first)


def _by_month(month: str | None, validation_from: str, test_from: str) -> Split:
    if month is None or month < validation_from:
        return Split.TRAIN
    return Split.VALIDATION if month < test_from else Split.TEST


def _by_hash(paper: LabelledAbstract, policy: SplitPolicy) -> Split:
    identifier = paper.abstract.id
    key = _VERSION.sub("", identifier) if identifier else paper.abstract.text
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < policy.test_share:
        return Split.TEST
    return Split.VALIDATION if position < policy.test_share + policy.validation_share else Split.TRAIN


def _refuse_incomplete(dataset: Dataset) -> None:
    own = dataset.own_splits
    if set(own) != set(Split):
        raise InvalidInputError(
            f"{dataset.name} has {', '.join(own) or 'no splits'} of its own, but "
            f"{', '.join(Split)} are needed. Split it by time or by hash."
        )


def _check_cuts(validation_from: str | None, test_from: str | None) -> None:
    if validation_from is None and test_from is None:
        return
    if validation_from is None or test_from is None:
        raise ConfigurationError("Give the first month of both validation and test, or of neither.")
    for month in (validation_from, test_from):
        if not _MONTH.fullmatch(month):
            raise ConfigurationError(f"{month!r} is not a month. Write YYYY-MM.")
    if validation_from >= test_from:
        raise ConfigurationError(f"Validation starts in {validation_from}, which is not before test in {test_from}.")


def _ignore(_record: BadRecord) -> None:
    """Ignores a bad record. The pass that counts months leaves reporting to the pass that reads the papers."""
