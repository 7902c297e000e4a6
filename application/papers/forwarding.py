"""A data set that wraps another one."""

from typing_extensions import override

from domain.ports.dataset import Dataset, Split


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
