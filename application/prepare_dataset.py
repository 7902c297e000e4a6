"""Use case: write a source's papers out, divided into training, validation and test."""

from collections.abc import Iterable
from dataclasses import dataclass

from application.papers.splitting import SplitPolicy, Splits, placed_apart, read_splits, refuse_empty
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.paper_writer import PaperWriter


@dataclass(frozen=True, slots=True)
class PrepareCommand:
    """How the papers are divided, and at most how many of each split are drawn.

    With `strict`, a training paper that is in validation or test as well is refused.
    """

    policy: SplitPolicy
    limit_samples: int | None = None
    seed: int = 0
    strict: bool = False


class PrepareDataset:
    """Writes every split, or nothing at all; training papers that are in validation or test as well are left out."""

    def __init__(self, dataset: Dataset, writer: PaperWriter) -> None:
        self._dataset = dataset
        self._writer = writer

    def __call__(self, command: PrepareCommand, on_bad_record: OnBadRecord) -> dict[Split, int]:
        """How many papers were written to each split.

        Where no sample is drawn, memory holds only some bytes for each paper of validation and test.
        """
        try:
            self._writer.begin()
            counts = self._write(self._placed(command, on_bad_record))
            refuse_empty(counts, self._dataset.name)
            self._writer.finish()
        except BaseException:  # a kill that Python sees is one of them
            self._writer.discard()
            raise
        return counts

    def _placed(self, command: PrepareCommand, on_bad_record: OnBadRecord) -> Iterable[tuple[Split, LabelledAbstract]]:
        if command.limit_samples is None:
            return placed_apart(self._dataset, command.policy, on_bad_record, strict=command.strict)
        splits = read_splits(
            self._dataset,
            command.policy,
            limit_samples=command.limit_samples,
            seed=command.seed,
            on_bad_record=on_bad_record,
            strict=command.strict,
        )
        return _placed_of(splits)

    def _write(self, placed: Iterable[tuple[Split, LabelledAbstract]]) -> dict[Split, int]:
        counts = dict.fromkeys(Split, 0)
        for split, paper in placed:
            self._writer.add(split, paper)
            counts[split] += 1
        return counts


def _placed_of(splits: Splits) -> Iterable[tuple[Split, LabelledAbstract]]:
    for split, papers in zip(Split, (splits.train, splits.validation, splits.test), strict=True):
        for paper in papers:
            yield split, paper
