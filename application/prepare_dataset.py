"""Use case: divide a source's papers into training, validation and test, and write them."""

from collections.abc import Iterable
from dataclasses import dataclass

from application.papers.splitting import SplitPolicy, Splits, placed_apart, read_splits, refuse_empty
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.paper_writer import PaperWriter


@dataclass(frozen=True, slots=True)
class PrepareCommand:
    """The split policy, and the largest number of papers to draw for each split.

    With `strict`, a training paper that is also in validation or test is refused.
    """

    policy: SplitPolicy
    limit_samples: int | None = None
    seed: int = 0
    strict: bool = False


class PrepareDataset:
    """Writes every split, or none if anything fails. Training papers also in validation or test are left out."""

    def __init__(self, dataset: Dataset, writer: PaperWriter) -> None:
        self._dataset = dataset
        self._writer = writer

    def __call__(self, command: PrepareCommand, on_bad_record: OnBadRecord) -> dict[Split, int]:
        """Returns the number of papers written to each split.

        Without a sample, it needs only some bytes of memory for each paper of validation and test.
        """
        try:
            self._writer.begin()
            counts = self._write(self._placed(command, on_bad_record))
            refuse_empty(counts, self._dataset.name)
            self._writer.finish()
        except BaseException:  # includes KeyboardInterrupt and SystemExit
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
