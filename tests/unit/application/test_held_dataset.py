"""Papers that are read once for many trainings."""

from application.held_dataset import HeldDataset
from application.papers.splitting import SplitPolicy, read_splits
from domain.ports.dataset import BadRecord, Split
from tests.examples import small_papers
from tests.fakes.dataset import FakeDataset


def refuse(record: BadRecord) -> None:
    """No record here is bad."""
    raise AssertionError(record)


def splits_of(
    dataset: FakeDataset | HeldDataset, policy: str, *, limit: int | None, seed: int
) -> list[list[str | None]]:
    """The ids of each split."""
    splits = read_splits(dataset, SplitPolicy(policy), limit_samples=limit, seed=seed, on_bad_record=refuse)
    return [[paper.abstract.id for paper in part] for part in (splits.train, splits.validation, splits.test)]


def test_the_same_sample_whatever_the_seed() -> None:
    """What was drawn once is what every training gets, also one with a seed of its own."""
    source = FakeDataset(small_papers(400))
    drawn = read_splits(source, SplitPolicy("hash"), limit_samples=10, seed=1, on_bad_record=refuse)
    held = HeldDataset(source, drawn)
    ids = splits_of(source, "hash", limit=10, seed=1)
    assert [splits_of(held, "source", limit=None, seed=seed) for seed in (1, 2)] == [ids, ids]
    assert splits_of(source, "hash", limit=10, seed=2) != ids


def test_it_is_named_for_its_source() -> None:
    """Name and fingerprint are the source's, so that a bundle says where its papers came from."""
    source = FakeDataset(small_papers(40), name="papers.parquet")
    splits = read_splits(source, SplitPolicy("hash", 0.3, 0.3), limit_samples=None, seed=0, on_bad_record=refuse)
    held = HeldDataset(source, splits)
    assert (held.name, held.fingerprint()) == ("papers.parquet", source.fingerprint())
    assert held.own_splits == tuple(Split)
    assert len(list(held.papers(None, refuse))) == 40
