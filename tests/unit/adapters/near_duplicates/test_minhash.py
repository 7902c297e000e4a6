"""MinHash finds what comparing all texts finds."""

import pytest

from domain.errors import InvalidInputError
from tests.contracts.test_near_duplicates_contract import texts_with_copies
from tests.fakes.near_duplicates import FakeNearDuplicates
from tests.lazily import lazily, skip_without

skip_without("datasketch")
minhash = lazily("adapters.near_duplicates.minhash")


def test_finds_nearly_all_pairs_at_the_bound() -> None:
    """Of pairs that are barely similar enough, 95 % are found, with the similarity that comparing all texts gives."""
    texts = texts_with_copies(150, changed=4, seed=1)
    found, exact = minhash.MinHashDuplicates(0.8), FakeNearDuplicates(0.8)
    for text in texts:
        found.add(text)
        exact.add(text)
    wanted = set(exact.pairs())
    assert len(wanted) > 100
    assert set(found.pairs()) <= wanted
    assert len(set(found.pairs())) >= 0.95 * len(wanted)


@pytest.mark.parametrize("similarity", [0.1, 1.5])
def test_refuses_a_bound_that_is_none(similarity: float) -> None:
    """A bound outside 0.2 to 1 is refused."""
    with pytest.raises(InvalidInputError, match=r"from 0\.2 to 1"):
        minhash.MinHashDuplicates(similarity)
