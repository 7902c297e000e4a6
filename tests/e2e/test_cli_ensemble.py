"""`arxiv-classifier ensemble`, and other commands on an ensemble."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.done import Done, Run
from tests.examples import json_lines, small_papers

SPLIT = ("--split-by", "hash")


@pytest.fixture
def models(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of two models, one trained longer than the other, in a store of their own beside papers.jsonl.

    No model is shipped there, so that `ensemble` means the ensemble that the test builds.
    """
    monkeypatch.setattr("entrypoints.resources.bundled_models", lambda: ())
    (tmp_path / "papers.jsonl").write_text(json_lines(small_papers(300)))
    (tmp_path / "small.yaml").write_text("categories: [cs.LG, hep-th, math-ph, math.MP, cs.CV]\n")
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))
    train = ("train", "--model-type", "fake", "--dataset", "papers.jsonl", "--config", "small.yaml", "--json", *SPLIT)
    return [json.loads(run(*train, "--epochs", epochs).stdout)["model"] for epochs in (1, 4)]


def _build(run: Run, *more: object) -> Done:
    return run("ensemble", *more, "--dataset", "papers.jsonl", *SPLIT)


def test_an_ensemble_is_built_and_served(run: Run, models: list[str]) -> None:
    """An ensemble that was built can be shown, verified and evaluated, and it predicts by its kind."""
    done = _build(run, *models, "--json")
    assert done.returncode == 0, done.stderr.decode()
    built = json.loads(done.stdout)
    assert list(built["weights"]) == models
    assert sum(built["weights"].values()) == pytest.approx(1)
    assert built["with_titles"]["micro_f1"] > 0.9
    assert run("models", "verify", "ensemble").stdout.decode().startswith(f"{built['model']} is intact")
    assert json.loads(run("models", "show", "ensemble", "--json").stdout)["config"]["weights"] == built["weights"]
    predicted = run("predict", "--text", "image pixel camera", "--model", "ensemble", "--format", "jsonl")
    assert json.loads(predicted.stdout)["predictions"][0]["label"] == "cs.CV"
    listed = [each["model"] for each in json.loads(run("models", "list", "--json").stdout)]
    assert {built["model"], *models} <= set(listed)


def test_it_is_measured_beside_its_members(
    run: Run, models: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`evaluate` takes an ensemble among other models, and MODEL_TYPE=ensemble makes it the default."""
    assert _build(run, *models).returncode == 0
    done = run("evaluate", "--models", f"{models[0]},ensemble", "--dataset", "papers.jsonl", *SPLIT, "--output", "out")
    assert [line.split()[0].split("/")[0] for line in done.stdout.decode().splitlines()[1:]] == [
        "fake",
        "fake",
        "ensemble",
        "ensemble",
    ]
    monkeypatch.setenv("MODEL_TYPE", "ensemble")
    assert run("models", "show").stdout.startswith(b"model: ensemble/")


def test_a_person_sees_weights_and_metrics(run: Run, models: list[str], tmp_path: Path) -> None:
    """The command prints a table of weights, a table of test metrics, and the ensemble's folder."""
    lines = _build(run, *models).stdout.decode().splitlines()
    assert lines[0].split() == ["model", "weight"]
    assert [line.split()[0] for line in lines[1:3]] == models
    assert any(line.startswith("micro_f1 ") for line in lines)
    assert str(tmp_path / "models" / "ensemble") in lines[-1]


def test_a_missing_member_ends_with_exit_code_3(run: Run, models: list[str], tmp_path: Path) -> None:
    """Predicting with an ensemble whose member is gone names the member."""
    _build(run, *models)
    weights = json.loads(run("models", "show", "ensemble", "--json").stdout)["config"]["weights"]
    gone = max(weights, key=lambda name: weights[name])
    shutil.rmtree(tmp_path / "models" / gone)
    done = run("predict", "--text", "image", "--model", "ensemble")
    assert done.returncode == 3
    assert gone in done.sentence


def test_models_of_other_data_are_told(run: Run, models: list[str], tmp_path: Path) -> None:
    """For each model that was trained on other papers, a line says that its weight may be too high."""
    (tmp_path / "papers.jsonl").write_text((tmp_path / "papers.jsonl").read_text().replace("image", "picture"))
    done = _build(run, *models)
    assert done.returncode == 0
    assert done.stderr.decode().count("was trained on other data") == 2


def test_an_ensemble_is_not_trained(run: Run) -> None:
    """`train --model-type ensemble` points to the command that builds one, before it looks for papers."""
    done = run("train", "--model-type", "ensemble", "--dataset", "nowhere.jsonl")
    assert done.returncode == 2
    assert "arxiv-classifier ensemble MODEL MODEL" in done.sentence


@pytest.mark.parametrize(
    ("arguments", "code", "wanted"),
    [
        ((), 2, "MODEL MODEL"),
        (("fake",), 2, "two or more different models"),
        (("fake", "fake"), 2, "two or more different models"),
        (("fake", "absent"), 3, "absent"),
    ],
)
def test_what_cannot_be_averaged_is_one_sentence(
    run: Run, models: list[str], arguments: tuple[str, ...], code: int, wanted: str
) -> None:
    """Too few models, or a missing one, end the command before anything is predicted."""
    done = _build(run, *arguments)
    assert done.returncode == code
    assert wanted in done.stderr.decode()
