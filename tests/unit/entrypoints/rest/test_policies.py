"""A request may name a policy or a coverage."""

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.conformal import ConformalScores
from domain.policy import Aim, Expectation, Goal, Policy
from domain.thresholds import Thresholds
from tests.examples import small_card
from tests.fakes.classifier import FakeClassifier
from tests.unit.entrypoints.rest.conftest import TEXT, Call

CAREFUL = Policy(
    "careful",
    Goal(Aim.PRECISION, 0.95),
    Thresholds(0.999),
    {"micro_precision": Expectation(0.96, 0.951, 0.969)},
    {},
    300,
)


@pytest.fixture
def tuned(store: FilesystemModelStore, trained: FakeClassifier) -> None:
    """The model with a policy that gives hardly anything, and with scores."""
    scores = ConformalScores({"": tuple(number / 1000 for number in range(400, 600))})
    card = small_card("fake", policies={"careful": CAREFUL}, conformal=scores, created="2026-11-21T10:11:12+00:00")
    store.save(card, trained.save)


def test_a_policy_may_give_nothing(tuned: None, predict: Call) -> None:
    """Its thresholds hold in place of the model's, without the most probable category for the rest."""
    assert predict(TEXT)[1]["results"][0]["predictions"]
    assert predict(TEXT, policy="careful")[1]["results"][0]["predictions"] == []


def test_a_coverage_gives_a_set_or_a_warning(tuned: None, predict: Call) -> None:
    """The categories at or above the quantile are given, and a set with all of them is not."""
    every = predict(TEXT, threshold=0)[1]["results"][0]["predictions"]
    found = predict(TEXT, coverage=0.5)[1]["results"][0]
    assert [each for each in every if each["probability"] >= 0.5] == found["predictions"]
    none = predict("zzz zzz zzz zzz zzz", coverage=0.9)[1]["results"][0]
    assert none["predictions"] == []
    assert none["warnings"][-1]["code"] == "no_useful_set"


@pytest.mark.parametrize(
    ("sent", "field", "wanted"),
    [
        ({"policy": "carful"}, "policy", "Did you mean careful?"),
        ({"policy": 7}, "policy", "the name of a policy"),
        ({"coverage": 1}, "coverage", "between 0 and 1"),
        ({"coverage": 0.9999}, "coverage", "Ask for at most"),
        ({"coverage": 0.9, "threshold": 0.5}, "coverage", "Send one of threshold and coverage"),
        ({"policy": "careful", "threshold": 0.5}, "policy", "Send one of threshold and policy"),
        ({"coverage": 0.9, "top_k": 3}, "top_k", "Send one of coverage and top_k"),
    ],
)
def test_a_choice_that_cannot_be(tuned: None, predict: Call, sent: dict[str, object], field: str, wanted: str) -> None:
    """The answer is 400 with the field and what can be sent."""
    status, answer = predict(TEXT, **sent)
    assert status == 400
    assert answer["errors"][0]["field"] == field
    assert wanted in answer["errors"][0]["message"]


def test_a_model_without_policies_says_so(predict: Call) -> None:
    """The shipped models of earlier versions have none."""
    status, answer = predict(TEXT, policy="careful")
    assert status == 400
    assert "has no policies" in answer["errors"][0]["message"]


def test_models_list_their_policies(tuned: None, call: Call) -> None:
    """With goal, threshold and expected values, and whether a coverage can be asked for."""
    models = call("GET", "models/").json()["models"]
    listed = {len(each["policies"]): each for each in models}
    assert not listed[0]["coverage"]
    assert listed[1]["coverage"]
    assert listed[1]["policies"] == [
        {
            "name": "careful",
            "goal": "precision>=0.95",
            "threshold": 0.999,
            "expected": {"micro_precision": {"value": 0.96, "low": 0.951, "high": 0.969}},
        }
    ]
