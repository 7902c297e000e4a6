"""Plans of sweeps."""

import pytest

from application.sweeps.plan import plan_sweep, with_parameters, with_pruner
from domain.errors import ConfigurationError
from domain.sweep import Choice, Hyperband, MedianStop, Method, Metric, SweepDefinition, SweepPlan
from tests.fakes.classifier import FakeFamily

CONFIGURED = {"epochs": 4, "learning_rate": 0.5}


def definition(name: str = "epochs", *values: object) -> SweepDefinition:
    """A sweep over one parameter of kind `fake`."""
    parameters = {name: Choice(values or (2, 6))}
    return SweepDefinition("small", Method.RANDOM, Metric(), parameters, run_cap=7, document={"method": "random"})


def planned(swept: SweepDefinition, *, count: int | None = None) -> SweepPlan:
    """Its plan for the configured options."""
    return plan_sweep(
        swept,
        FakeFamily(),
        effective={"kind": "fake", "dataset": "papers.csv", "model": CONFIGURED},
        fingerprint="f0",
        model=CONFIGURED,
        seed=3,
        count=count,
        where="sweep.yaml",
    )


def test_a_plan_says_how_many_trials_and_where_they_start() -> None:
    """The count is the one asked for, else the sweep's cap. The first trial is the configuration itself."""
    plan = planned(definition())
    assert (plan.count, planned(definition(), count=2).count) == (7, 2)
    assert (plan.start, plan.most_epochs, plan.seed) == ({"epochs": 4}, 6, 3)


def test_what_is_swept_is_no_part_of_the_identity() -> None:
    """Sweeps of the same papers and other options are the same sweep. The papers count by their fingerprint."""
    assert planned(definition()).identity["model"] == {"learning_rate": 0.5}
    assert planned(definition()).identity["dataset"] == "f0"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("epoch", (2,), r"sweep\.yaml: parameters: kind fake.*epoch"),
        ("model.seed", (2,), "seed"),
        ("epochs", (2, 0), r"sweep\.yaml: parameters\.epochs: .*from 1, not 0"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(name: str, values: tuple[object, ...], said: str) -> None:
    """An option that the kind does not have, or a value that it refuses, is named with its file."""
    with pytest.raises(ConfigurationError, match=said):
        planned(definition(name, *values))


def test_a_pruner_takes_the_place_of_the_sweeps_own() -> None:
    """None keeps the rule, and its document says the same."""
    swept = definition()
    assert with_pruner(swept, None) is swept
    assert with_pruner(swept, "median").early_stop == MedianStop()
    pruned = with_pruner(swept, "hyperband")
    assert isinstance(pruned.early_stop, Hyperband)
    assert "early_terminate" in pruned.document
    assert "early_terminate" not in with_pruner(pruned, "none").document


def test_parameters_change_options_and_the_seed() -> None:
    """A parameter may be written with `model.` before it. A seed is no option."""
    assert with_parameters(CONFIGURED, 3, {"model.epochs": 9, "seed": 5}) == ({**CONFIGURED, "epochs": 9}, 5)
    with pytest.raises(ConfigurationError, match="not -1"):
        with_parameters(CONFIGURED, 3, {"seed": -1})
