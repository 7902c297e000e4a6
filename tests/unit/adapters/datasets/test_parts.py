"""Parts of a source, by the split their names say."""

import pytest

from adapters.datasets.parts import Parts, split_named
from domain.errors import InvalidInputError
from domain.ports.dataset import Split


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.parquet", Split.TRAIN),
        ("TRAIN", Split.TRAIN),
        ("train-00000-of-00002.parquet", Split.TRAIN),
        ("val.jsonl.gz", Split.VALIDATION),
        ("dev_1.csv", Split.VALIDATION),
        ("test", Split.TEST),
        ("testing.csv", None),
        ("mytest.csv", None),
        ("", None),
    ],
)
def test_knows_splits_by_name(name: str, split: Split | None) -> None:
    """A name that begins with a split's name, or one of its short forms, is of that split. Others are of none."""
    assert split_named(name) is split


def test_keeps_parts_of_no_split() -> None:
    """Parts come by split, and those of no split come last; none is lost."""
    parts = Parts([("extra", 1), ("test", 2), ("train-1", 3), ("train-2", 4)])
    assert parts.of(None, "source") == [3, 4, 2, 1]
    assert parts.of(Split.TRAIN, "source") == [3, 4]
    assert parts.own_splits == (Split.TRAIN, Split.TEST)


def test_names_the_splits_it_has() -> None:
    """Asked for a split that is not there, the error names those that are."""
    with pytest.raises(InvalidInputError, match=r"source has no validation split of its own \(it has train\)"):
        Parts([("train", 1)]).of(Split.VALIDATION, "source")
