"""Data sets around another."""

from typing_extensions import override

from application.papers.forwarding import OnceHashed
from domain.ports.dataset import BadRecord, Split
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset


class CountingDataset(FakeDataset):
    """Counts how often its fingerprint is computed."""

    hashed = 0

    @override
    def fingerprint(self) -> str:
        self.hashed += 1
        return super().fingerprint()


def test_a_fingerprint_is_computed_once() -> None:
    """Name, splits, papers and bad records are the other's. Its fingerprint is computed when it is asked for first."""
    bad, told = BadRecord("papers.csv", 3, "It has no abstract."), list[BadRecord]()
    source = CountingDataset({Split.TRAIN: [*small_papers(3), bad]}, name="papers.csv")
    dataset = OnceHashed(source)
    assert source.hashed == 0
    assert [dataset.fingerprint(), dataset.fingerprint()] == [FakeDataset.fingerprint(source)] * 2
    assert source.hashed == 1
    assert (dataset.name, dataset.own_splits) == ("papers.csv", (Split.TRAIN,))
    assert list(dataset.papers(Split.TRAIN, told.append)) == small_papers(3)
    assert told == [bad]
