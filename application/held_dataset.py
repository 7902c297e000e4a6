"""Splits that are read once and kept in memory, for many trainings on the same papers."""

from collections.abc import Iterator

from typing_extensions import override

from application.papers.splitting import Splits
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split


class HeldDataset(Dataset):
    """The splits drawn from another data set, kept as its own splits whatever the seed."""

    def __init__(self, source: Dataset, splits: Splits) -> None:
        self._name = source.name
        self._fingerprint = source.fingerprint()
        self.splits = splits

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return tuple(Split)

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for each in Split if split is None else (split,):
            yield from self.splits.of(each)

    @override
    def fingerprint(self) -> str:
        return self._fingerprint
