"""Data sets around another."""

from collections.abc import Iterator

from typing_extensions import override

from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split


class ForwardingDataset(Dataset):
    """Has the name, splits and fingerprint of another data set. Subclasses define `papers`."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @property
    @override
    def name(self) -> str:
        return self._dataset.name

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return self._dataset.own_splits

    @override
    def fingerprint(self) -> str:
        return self._dataset.fingerprint()


def source_of(dataset: Dataset) -> Dataset:
    """Returns the data set inside all forwarding ones."""
    while isinstance(dataset, ForwardingDataset):
        dataset = dataset._dataset
    return dataset


class OnceHashed(ForwardingDataset):
    """Another data set whose fingerprint is computed once: that of a large file takes seconds."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self._fingerprint: str | None = None

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        return self._dataset.papers(split, on_bad_record)

    @override
    def fingerprint(self) -> str:
        if self._fingerprint is None:
            self._fingerprint = self._dataset.fingerprint()
        return self._fingerprint
