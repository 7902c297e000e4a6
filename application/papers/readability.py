"""Checks that enough of a source can be read to train on it."""

from collections.abc import Iterator

from typing_extensions import override

from application.papers.forwarding import ForwardingDataset
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, OnBadRecord, Split


class CountedDataset(ForwardingDataset):
    """Another data set that counts its papers and bad records while they are read. `first` is the first bad record."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.papers_read = 0
        self.bad_records = 0
        self.first: BadRecord | None = None

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        def count(record: BadRecord) -> None:
            self.bad_records += 1
            self.first = self.first or record
            on_bad_record(record)

        for paper in self._dataset.papers(split, count):
            self.papers_read += 1
            yield paper

    def refuse_unreadable(self, most: float) -> None:
        """Raises InvalidInputError if the share of bad records exceeds `most`, from 0 to 1."""
        total = self.papers_read + self.bad_records
        if self.first is not None and self.bad_records > most * total:
            raise InvalidInputError(
                f"{self.bad_records:,} of {total:,} records of {self.name} cannot be read, a share above {most:g}. "
                f"The first is {str(self.first).rstrip('.')}. Repair them, or allow a share to be left out: "
                f"--max-unreadable {_rounded_up(self.bad_records / total)}."
            )


def _rounded_up(share: float) -> float:
    return min(1.0, int(share * 100 + 1) / 100)
