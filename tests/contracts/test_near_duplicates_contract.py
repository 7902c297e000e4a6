"""The contract of every search for near-duplicates: MinHash and the exact fake."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ports.near_duplicates import NearDuplicate, NearDuplicates
from tests.fakes.near_duplicates import FakeNearDuplicates
from tests.lazily import lazily, skip_without

skip_without("datasketch")
minhash = lazily("adapters.near_duplicates.minhash")

Find = Callable[[list[str], float], list[NearDuplicate]]


@pytest.fixture(params=["minhash", "fake"], scope="module")
def find(request: pytest.FixtureRequest) -> Find:
    """Returns the pairs among texts."""

    def find_(texts: list[str], similarity: float) -> list[NearDuplicate]:
        made: dict[str, Callable[[float], NearDuplicates]] = {
            "minhash": lambda least: minhash.MinHashDuplicates(least),
            "fake": FakeNearDuplicates,
        }
        index = made[request.param](similarity)
        for text in texts:
            index.add(text)
        return list(index.pairs())

    return find_


def texts_with_copies(count: int, *, changed: int, seed: int = 0) -> list[str]:
    """Texts of 120 words. Each odd one is the one before it with some words replaced."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        words = [f"w{chance.randrange(5000)}" for _ in range(120)]
        copy = list(words)
        for place in chance.sample(range(120), changed):
            copy[place] = "other"
        found += [" ".join(words), " ".join(copy)]
    return found


def test_finds_copies_with_small_changes(find: Find) -> None:
    """Copies with two words of 120 replaced are found, each with its original, and nothing else."""
    found = find(texts_with_copies(60, changed=2), 0.8)
    assert sorted((pair.first, pair.second) for pair in found) == [(2 * n, 2 * n + 1) for n in range(60)]


def test_gives_the_exact_similarity(find: Find) -> None:
    """Two changed words apart from one another change six of 118 sequences in each text: 112 of 124 are common."""
    words = [f"w{n}" for n in range(120)]
    changed = [*words[:40], "x", *words[41:80], "y", *words[81:]]
    assert find([" ".join(words), "no word of it", " ".join(changed)], 0.8) == [NearDuplicate(0, 2, 112 / 124)]


def test_case_punctuation_and_space_do_not_count(find: Find) -> None:
    """A text that differs in case, punctuation and white space alone is the same."""
    texts = ["We study Graphs, trees and forests.", "we study graphs trees  and forests!"]
    assert find(texts, 1.0) == [NearDuplicate(0, 1, 1.0)]


def test_short_texts_are_compared_whole(find: Find) -> None:
    """Texts of fewer than three words are near-duplicates if they are equal, and so are texts without any word."""
    assert [(pair.first, pair.second) for pair in find(["Withdrawn.", "withdrawn", "Erratum", "...", "..."], 0.8)] == [
        (0, 1),
        (3, 4),
    ]


def test_each_of_many_copies_is_found(find: Find) -> None:
    """Each of a hundred equal texts is in a pair."""
    found = find(["one two three four"] * 100, 0.9)
    assert {number for pair in found for number in (pair.first, pair.second)} == set(range(100))


def test_no_text_and_one_text_have_no_pairs(find: Find) -> None:
    """No text and a single text have no near-duplicates."""
    assert find([], 0.8) == find(["alone in the world"], 0.8) == []


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=9).map(" ".join).filter(str.strip), max_size=8))
def test_pairs_are_ordered_and_within_the_bound(find: Find, texts: list[str]) -> None:
    """Pairs have the smaller number first, come once, are at least as similar as the bound, and fall in similarity."""
    found = find(texts, 0.5)
    assert all(pair.first < pair.second and 0.5 <= pair.similarity <= 1 for pair in found)
    assert len({(pair.first, pair.second) for pair in found}) == len(found)
    assert [pair.similarity for pair in found] == sorted((pair.similarity for pair in found), reverse=True)
