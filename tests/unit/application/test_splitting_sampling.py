"""Uniform samples of streams."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from application.papers.sampling import Reservoir, uniform_sample


@given(st.integers(0, 50), st.integers(1, 60), st.integers(0, 9))
def test_keeps_order_and_size(count: int, size: int, seed: int) -> None:
    """A sample has the size asked for, or all there is, of different items in their order."""
    sample = uniform_sample(range(count), size, seed=seed)
    assert len(sample) == min(count, size)
    assert sample == sorted(set(sample))


def test_keeps_everything_without_a_size() -> None:
    """Without a size every item is kept."""
    assert uniform_sample(iter("abc"), None, seed=1) == ["a", "b", "c"]


def test_repeats_itself_with_its_seed() -> None:
    """The same seed draws the same items, another one others."""
    draws = [uniform_sample(range(1000), 20, seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_draws_every_item_alike() -> None:
    """Over many seeds each of ten items is drawn three times in ten: neither the first nor the last are preferred."""
    drawn = Counter(item for seed in range(3000) for item in uniform_sample(range(10), 3, seed=seed))
    assert all(800 < drawn[item] < 1000 for item in range(10))  # mean 900, standard deviation 25


def test_holds_no_more_than_its_size() -> None:
    """A reservoir lets go of what it does not keep."""

    class Item:
        alive = 0

        def __init__(self) -> None:
            Item.alive += 1

        def __del__(self) -> None:
            Item.alive -= 1

    reservoir: Reservoir[Item] = Reservoir(5, seed=0)
    for _ in range(500):
        reservoir.add(Item())
    assert Item.alive == 5
