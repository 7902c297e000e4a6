"""The assignment of variants to requests."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigurationError
from domain.experiment import Experiment, Variant
from tests.strategies import experiments

KEYS = [f"key {number}" for number in range(2000)]


@given(experiments())
def test_shares_are_those_of_the_weights(experiment: Experiment) -> None:
    """Of two thousand keys each variant gets its part, to within five standard deviations."""
    total = sum(variant.weight for variant in experiment.variants)
    given_ = [experiment.assign(key) for key in KEYS]
    for variant in experiment.variants:
        share = variant.weight / total
        allowed = 5 * (share * (1 - share) / len(KEYS)) ** 0.5 + 2 / len(KEYS)
        assert abs(given_.count(variant) / len(KEYS) - share) <= allowed


@given(experiments(), st.text(max_size=30), st.randoms())
def test_the_order_of_variants_is_nothing(experiment: Experiment, key: str, random: Any) -> None:
    """The same key gets the same variant in whatever order they are listed."""
    shuffled = list(experiment.variants)
    random.shuffle(shuffled)
    assert replace(experiment, variants=tuple(shuffled)).assign(key) == experiment.assign(key)


@given(experiments(), st.floats(1.1, 10))
def test_a_weight_that_grows_takes_keys_and_moves_no_others(experiment: Experiment, factor: float) -> None:
    """With a greater weight for one variant, a key stays where it was or moves to that variant."""
    first, *others = experiment.variants
    grown = replace(experiment, variants=(replace(first, weight=first.weight * factor), *others))
    for key in KEYS[:200]:
        before, after = experiment.assign(key), grown.assign(key)
        assert after.name in (before.name, first.name)


@given(experiments(), st.text(max_size=30))
def test_a_weight_of_nothing_gets_nothing(experiment: Experiment, key: str) -> None:
    """A variant without weight answers no key."""
    assert experiment.assign(key).weight > 0


def test_other_processes_choose_alike() -> None:
    """Another process, with other hashes of its own, gives each key the same variant."""
    code = (
        "from domain.experiment import *; e = Experiment('x', (Variant('a', 'm', 3), Variant('b', 'm', 1)));"
        "print(''.join(e.assign(f'key {n}').name for n in range(200)))"
    )
    run = [sys.executable, "-c", code]
    other = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60, env={"PYTHONHASHSEED": "7"})
    experiment = Experiment("x", (Variant("a", "m", 3), Variant("b", "m", 1)))
    assert other.stdout.strip() == "".join(experiment.assign(key).name for key in KEYS[:200])


def test_assignments_outlive_versions() -> None:
    """These keys had these variants in the first version, and have them for ever."""
    experiment = Experiment("default", (Variant("champion", "m", 90), Variant("challenger", "m", 10)))
    drawn = {key: experiment.assign(key).name for key in ("alice", "bob", "10.0.0.7", "key 13", "")}
    assert drawn == {
        "alice": "champion",
        "bob": "champion",
        "10.0.0.7": "challenger",
        "key 13": "challenger",
        "": "champion",
    }


def test_experiments_are_independent() -> None:
    """Keys that one experiment gave to a variant are spread over both in another."""
    variants = (Variant("a", "m", 1), Variant("b", "m", 1))
    one, other = Experiment("one", variants), Experiment("other", variants)
    chosen = [key for key in KEYS if one.assign(key).name == "a"]
    assert 0.4 < sum(other.assign(key).name == "a" for key in chosen) / len(chosen) < 0.6


def test_a_shadow_gets_its_share() -> None:
    """Of many requests a shadow gets copies of about its share, and of all where the share is 1."""
    shadow = Variant("dark", "m", 0, shadow=True, share=0.25)
    whole = replace(shadow, share=1.0)
    experiment = Experiment("x", (Variant("a", "m"), shadow))
    assert 0.2 < sum(experiment.copies(shadow, key) for key in KEYS) / len(KEYS) < 0.3
    assert all(experiment.copies(whole, key) for key in KEYS)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"weight": -1}, "weight -1"),
        ({"weight": float("nan")}, "weight nan"),
        ({"weight": 10**400}, "weight 1000"),
        ({"weight": True}, "weight True"),
        ({"weight": "90"}, "weight '90'"),
        ({"shadow": True, "weight": 10}, "Leave out the weight"),
        ({"shadow": "yes", "weight": 0}, "shadow 'yes'"),
        ({"share": 0}, "share 0"),
        ({"share": 1.5}, "share 1.5"),
        ({"model": ""}, "names no model"),
        ({"model": 3}, "names no model"),
        ({"name": "a b"}, "unfit for a header"),
    ],
)
def test_a_bad_variant_is_refused(fields: dict[str, Any], said: str) -> None:
    """A variant that cannot be is refused with the value and what would do."""
    with pytest.raises(ConfigurationError, match=said):
        Variant(**{"name": "a", "model": "m", **fields})


def test_somebody_has_to_answer() -> None:
    """Variants without any weight are refused, and so are two of one name."""
    with pytest.raises(ConfigurationError, match="no request is answered"):
        Experiment("x", (Variant("a", "m", 0), Variant("b", "m", 0, shadow=True)))
    with pytest.raises(ConfigurationError, match="same name"):
        Experiment("x", (Variant("a", "m"), Variant("a", "other")))
