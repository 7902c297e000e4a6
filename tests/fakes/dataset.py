"""A data set in memory."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord, Dataset, OnBadRecord, Split

Record = LabelledAbstract | BadRecord


class FakeDataset(Dataset):
    """One pile of records, or one for each split; a BadRecord among them stands for one that cannot be read."""

    def __init__(self, records: Sequence[Record] | Mapping[Split, Sequence[Record]], *, name: str = "fake") -> None:
        self._splits = dict(records) if isinstance(records, Mapping) else {}
        self._pile = () if isinstance(records, Mapping) else tuple(records)
        self._name = name

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return tuple(split for split in Split if split in self._splits)

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for record in self._records(split):
            if isinstance(record, BadRecord):
                on_bad_record(record)
            else:
                yield record

    @override
    def fingerprint(self) -> str:
        return hashlib.sha256(repr((self._pile, sorted(self._splits.items()))).encode()).hexdigest()

    def _records(self, split: Split | None) -> Sequence[Record]:
        if split is None:
            return [*self._pile, *(record for own in self.own_splits for record in self._splits[own])]
        if split not in self._splits:
            raise InvalidInputError(
                f"{self._name} has no split of its own called {split}. Split it by time or by hash."
            )
        return self._splits[split]
