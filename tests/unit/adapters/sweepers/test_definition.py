"""Sweep files: what they may say, and what is said of their mistakes."""

import math
from typing import Any

import pytest

from adapters.sweepers.definition import parse_definition
from domain.errors import ConfigurationError
from domain.sweep import Choice, Hyperband, MedianStop, Metric, Normal, Range, SweepDefinition


def parsed(**changes: Any) -> SweepDefinition:
    """A sweep file of one parameter with changes; None takes a key away."""
    document = {"method": "bayes", "parameters": {"rate": {"min": 0.1, "max": 0.9}}, **changes}
    return parse_definition(
        {key: value for key, value in document.items() if value is not None}, where="s.yaml", name="s"
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"value": 3}, Choice((3,))),
        ({"distribution": "constant", "value": [1, 2]}, Choice(([1, 2],))),
        ({"values": [[256], [128]]}, Choice(([256], [128]))),
        ({"distribution": "categorical", "values": ["a", True, None]}, Choice(("a", True, None))),
        ({"min": 1, "max": 9}, Range(1, 9, whole=True)),
        ({"min": 1.0, "max": 9}, Range(1.0, 9)),
        ({"distribution": "uniform", "min": 0, "max": 1}, Range(0, 1)),
        ({"distribution": "int_uniform", "min": 0, "max": 4}, Range(0, 4, whole=True)),
        ({"distribution": "q_uniform", "min": 0, "max": 100, "q": 10}, Range(0, 100, quantum=10, whole=True)),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0.1}, Range(0, 1, quantum=0.1)),
        ({"distribution": "log_uniform", "min": -2, "max": 0}, Range(math.exp(-2), 1.0, logarithmic=True)),
        ({"distribution": "log_uniform_values", "min": 0.01, "max": 1}, Range(0.01, 1, logarithmic=True)),
        (
            {"distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8},
            Range(8, 512, logarithmic=True, quantum=8, whole=True),
        ),
        ({"distribution": "normal", "mu": 1.0, "sigma": 0.5}, Normal(1.0, 0.5)),
        ({"distribution": "normal"}, Normal(0, 1)),
    ],
)
def test_each_form_of_a_parameter(said: dict[str, Any], meant: object) -> None:
    """Values, ranges and distributions mean what they mean at Weights & Biases."""
    assert parsed(parameters={"rate": said}).parameters == {"rate": meant}


def test_nested_parameters_have_joined_names() -> None:
    """A parameter inside another's `parameters` is named by both."""
    nested = {"model": {"parameters": {"rate": {"value": 1}, "deep": {"parameters": {"er": {"value": 2}}}}}}
    assert parsed(parameters=nested).parameters == {"model.rate": Choice((1,)), "model.deep.er": Choice((2,))}


def test_the_rest_of_a_file() -> None:
    """Name, method, metric, early end and cap are taken over; what is left out has a default."""
    definition = parsed(
        name="mine",
        method="random",
        metric={"name": "train_loss", "goal": "minimize"},
        early_terminate={"type": "hyperband", "min_iter": 2, "eta": 2, "strict": True},
        run_cap=7,
    )
    assert (definition.name, definition.method, definition.run_cap) == ("mine", "random", 7)
    assert definition.metric == Metric("train_loss", definition.metric.goal)
    assert definition.early_stop == Hyperband(min_iter=2, eta=2, strict=True)
    plain = parsed(early_terminate={"type": "median"})
    assert (plain.name, plain.metric, plain.early_stop) == ("s", Metric(), MedianStop())


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"method": None}, "s.yaml lacks method"),
        ({"parameters": None}, "s.yaml lacks parameters"),
        ({"method": "tpe"}, "method is 'tpe'; it must be one of bayes, grid, random"),
        ({"metod": "grid"}, "has no option 'metod'. Did you mean 'method'"),
        ({"program": "train.py"}, "s.yaml has program, which is not supported"),
        ({"command": ["python"]}, "has command, which is not supported"),
        ({"metric": {"nam": "x"}}, "metric has no option 'nam'. Did you mean 'name'"),
        ({"metric": {"goal": "maximize"}}, "metric lacks name"),
        ({"metric": {"name": "x", "goal": "maximise"}}, "goal is 'maximise'"),
        (
            {"metric": {"name": "micro_f1"}},
            "'micro_f1', which no epoch reports. Trials can be compared by",
        ),
        (
            {"parameters": {"hidden": {"value": 1}, "model": {"parameters": {"hidden": {"value": 2}}}}},
            "parameters has model.hidden twice, as hidden and as model.hidden",
        ),
        ({"metric": "x"}, "metric is 'x', not a mapping"),
        ({"run_cap": 0}, "run_cap is 0"),
        ({"run_cap": True}, "run_cap is True"),
        ({"early_terminate": {"type": "envelope"}}, "type is 'envelope'"),
        ({"early_terminate": {"type": "hyperband"}}, "needs one of min_iter and max_iter"),
        ({"early_terminate": {"type": "hyperband", "max_iter": 9}}, "needs s with max_iter"),
        ({"early_terminate": {"type": "hyperband", "min_iter": 1, "eta": 1}}, "eta is 1"),
        ({"early_terminate": {"type": "median", "min_iter": 1}}, "median has no option 'min_iter'"),
        ({"parameters": {"rate": {"mn": 1, "max": 2}}}, "parameters.rate has no option 'mn'. Did you mean 'min'"),
        ({"parameters": {"rate": {"min": 1}}}, "parameters.rate lacks max"),
        ({"parameters": {"rate": {"min": 2, "max": 1}}}, "min is 2 and its max 1"),
        ({"parameters": {"rate": {"min": "1e-4", "max": 1}}}, "min is the text '1e-4', which YAML does not take"),
        ({"parameters": {"rate": {"min": "low", "max": 1}}}, "min is 'low', not a number"),
        ({"parameters": {"rate": {"min": float("nan"), "max": 1}}}, "min is nan, not a number"),
        ({"parameters": {"rate": {"values": []}}}, "values is \\[\\], not a list"),
        ({"parameters": {"rate": {"values": [1, 1.0]}}}, "values holds 1.0 twice"),
        ({"parameters": {"rate": {"value": 1, "min": 2}}}, "rate has min beside value"),
        ({"parameters": {"rate": {"distribution": "beta", "a": 1}}}, "no option 'a'"),
        ({"parameters": {"rate": {"distribution": "log_normal", "mu": 1}}}, "'log_normal', which is not supported"),
        ({"parameters": {"rate": {"distribution": "int_uniform", "min": 0.5, "max": 2}}}, "must be whole numbers"),
        ({"parameters": {"rate": {"distribution": "log_uniform_values", "min": 0, "max": 2}}}, "must be above 0"),
        ({"parameters": {"rate": {"distribution": "q_uniform", "min": 0, "max": 2, "q": 5}}}, "q is 5"),
        ({"parameters": {"rate": {"distribution": "normal", "sigma": 0}}}, "sigma is 0"),
        ({"parameters": {"rate": 5}}, "parameters.rate is 5; it must be a mapping"),
        ({"parameters": {}}, "parameters is {}"),
        ({"method": "grid"}, "parameters.rate is a range, which a grid cannot run through"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], wanted: str) -> None:
    """Each mistake is a sentence with the key, what it says and what is known."""
    with pytest.raises(ConfigurationError, match=wanted):
        parsed(**changes)


@pytest.mark.parametrize("content", [None, ["a"], 3, {}])
def test_what_is_no_mapping_is_told(content: object) -> None:
    """A file that is empty, or holds something else, is named with what it needs."""
    with pytest.raises(ConfigurationError, match=r"broken.yaml holds no mapping. It needs method and parameters"):
        parse_definition(content, where="broken.yaml", name="broken")


def test_a_document_within_itself_is_told() -> None:
    """YAML's anchors may name what they are in. That is an unknown option like any other."""
    document: dict[str, object] = {"method": "grid"}
    document["itself"] = document
    with pytest.raises(ConfigurationError, match="has no option 'itself'"):
        parse_definition(document, where="s.yaml", name="s")
