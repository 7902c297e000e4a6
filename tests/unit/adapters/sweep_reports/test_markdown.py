"""The report of a sweep: what is in it, for many trials, few, and none."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapters.sweep_reports.importance import importances
from adapters.sweep_reports.markdown import MarkdownReport
from domain.errors import ArxivClassifierError
from domain.ports.sweep_report import SweepFacts
from domain.sweep import Choice, Metric, Parameter, Range, TrialRecord, TrialState
from tests.lazily import lazily
from tests.sweeps import small_plan

optuna = lazily("optuna")

PARAMETERS: dict[str, Parameter] = {
    "a": Range(0.0, 1.0),
    "b": Range(0.001, 1.0, logarithmic=True),
    "c": Choice(("x", "y", "z")),
    "d": Range(0.0, 1.0),
}


def facts(records: Sequence[TrialRecord], **changes: object) -> SweepFacts:
    """A report's facts for trials of the small sweep."""
    return SweepFacts(small_plan(**changes).definition, records, {"papers": "papers.jsonl | 40"})  # type: ignore[arg-type]  # keys of the sweep file


def trials(count: int) -> list[TrialRecord]:
    """Trials whose score follows their learning rate alone; every fourth was pruned, the last failed."""
    records = []
    for number in range(count):
        rate = 0.002 * 1.6**number
        epochs = {1: rate / 2, 2: rate}
        parameters = {"learning_rate": rate, "epochs": 2 + number % 3}
        if number % 4 == 3:
            records.append(TrialRecord(number, TrialState.PRUNED, parameters, None, {1: rate / 2}))
        else:
            records.append(TrialRecord(number, TrialState.COMPLETE, parameters, rate, epochs, "", "2026-11-25", 1.5))
    return [*records, TrialRecord(count, TrialState.FAILED, {"learning_rate": 1.0, "epochs": 2}, reason="no | space")]


def written(folder: Path, given: SweepFacts) -> str:
    """The text of the report."""
    return MarkdownReport().write(folder / "report", given).read_text()


def test_it_tells_the_best_trial_and_every_other(tmp_path: Path) -> None:
    """The best is compared with the first. The table has every trial, best first, failures with their reasons."""
    text = written(tmp_path, facts(trials(11)))
    assert "Trial 10 with validation_score 0.2199. Trial 0, from which the sweep started, has 0.0020." in text
    assert "| trials | 9 complete, 2 pruned, 1 failed |" in text
    rows = [line.split(" | ") for line in text.partition("## Trials")[2].splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip("| ") for row in rows] == ["10", "9", "8", "6", "5", "4", "2", "1", "0", "7", "3", "11"]
    assert "failed: no \\| space" in text


def test_csv_has_every_trial(tmp_path: Path) -> None:
    """A row for each with state, score, epochs, time, reason and parameters."""
    written(tmp_path, facts(trials(5)))
    with (tmp_path / "report" / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["complete", "complete", "complete", "pruned", "complete", "failed"]
    assert float(rows[1]["score"]) == pytest.approx(0.0032)
    assert rows[3]["score"] == ""
    assert float(rows[3]["best_epoch_score"]) == pytest.approx(0.004096)
    assert (rows[5]["reason"], rows[5]["epochs_run"]) == ("no | space", "0")
    assert float(rows[4]["learning_rate"]) == pytest.approx(0.002 * 1.6**4)


@pytest.mark.parametrize("count", [1, 2, 11])
@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_plots_are_drawn_for_few_and_many(tmp_path: Path, count: int, goal: str) -> None:
    """Every plot is a PNG of its own; importance waits until there are enough trials."""
    text = written(tmp_path, facts(trials(count), metric={"name": "validation_score", "goal": goal}))
    names = {path.name for path in (tmp_path / "report").glob("*.png")}
    wanted = {"history.png", "parallel.png", "epochs.png"} | ({"importance.png"} if count > 5 else set())
    assert names == wanted
    assert all((tmp_path / "report" / name).read_bytes().startswith(b"\x89PNG") for name in names)
    assert ("nothing is said of which parameters matter" in text) == (count <= 5)


def test_a_sweep_without_a_score_has_a_report(tmp_path: Path) -> None:
    """The report says in words that there are no trials, or that none reached an epoch."""
    assert "No trial was completed." in written(tmp_path, facts([]))
    assert "| trials | 1 failed |" in written(tmp_path, facts(trials(0)))


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_what_decides_the_score_is_the_most_important(goal: str) -> None:
    """If the score follows one parameter alone, that one's share is the greatest, and shares add up to 1."""
    plan = small_plan(metric={"name": "validation_score", "goal": goal})
    shares = importances(trials(16), plan.definition.parameters, plan.definition.metric)
    assert next(iter(shares)) == "learning_rate"
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("seed", range(3))
def test_importance_agrees_with_optunas(seed: int) -> None:
    """Of four parameters, the one that decides most is the first, as by Optuna's own PED-ANOVA."""
    random = Random(seed)
    distributions = {
        "a": optuna.distributions.FloatDistribution(0, 1),
        "b": optuna.distributions.FloatDistribution(0.001, 1, log=True),
        "c": optuna.distributions.CategoricalDistribution(["x", "y", "z"]),
        "d": optuna.distributions.FloatDistribution(0, 1),
    }
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, records = optuna.create_study(direction="maximize"), []
    for number in range(40):
        given: dict[str, Any] = {
            "a": random.random(),
            "b": 10 ** random.uniform(-3, 0),
            "c": random.choice("xyz"),
            "d": random.random(),
        }
        score = -((math.log10(given["b"]) + 1.3) ** 2) - 0.4 * (given["a"] - 0.5) ** 2 - 0.15 * (given["c"] == "z")
        records.append(TrialRecord(number, TrialState.COMPLETE, given, score))
        study.add_trial(optuna.create_trial(value=score, params=given, distributions=distributions))
    found = importances(records, PARAMETERS, Metric())
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.25)
    wanted = optuna.importance.get_param_importances(study, evaluator=evaluator)
    assert next(iter(found)) == max(wanted, key=lambda name: wanted[name]) == "b"
    assert found["b"] > 0.4


def test_a_parameter_that_never_varied_has_no_importance() -> None:
    """A constant is left out, and where nothing varied there are no shares."""
    plan = small_plan(parameters={"learning_rate": {"value": 0.5}, "epochs": {"value": 2}})
    same = [TrialRecord(n, TrialState.COMPLETE, {"learning_rate": 0.5, "epochs": 2}, 0.1 * n) for n in range(8)]
    assert importances(same, plan.definition.parameters, plan.definition.metric) == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The sentence says where, why, and how to have the report later."""
    (tmp_path / "report").write_text("in the way")
    with pytest.raises(ArxivClassifierError, match=r"report cannot be written to .*File exists.*--report-only"):
        written(tmp_path, facts(trials(2)))
