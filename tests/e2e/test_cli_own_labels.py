"""Every command on models whose labels are not arXiv's."""

import json
from pathlib import Path

import pytest

from tests.e2e.done import Done, Run
from tests.examples import json_lines, own_papers, own_taxonomy

LABELS = [str(label) for label in own_taxonomy()]
SPLIT = ("--dataset", "papers.jsonl", "--split-by", "hash")
IMAGES = 'Boden & Ökologie "neu"'
SWEEP = """
method: random
metric: {name: validation_score, goal: maximize}
parameters:
  epochs: {values: [2, 3]}
"""


@pytest.fixture
def models(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of two models of such labels, one trained longer than the other. No model is shipped beside them."""
    monkeypatch.setattr("entrypoints.resources.bundled_models", lambda: ())
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))
    (tmp_path / "papers.jsonl").write_text(json_lines(own_papers(300)))
    train = ("train", "--model-type", "fake", "--json", *SPLIT)
    return [json.loads(_well(run(*train, "--epochs", epochs)).stdout)["model"] for epochs in (1, 4)]


def _well(done: Done) -> Done:
    assert done.returncode == 0, done.stderr.decode()
    return done


def _predicted(run: Run, model: str, *more: object) -> list[dict[str, object]]:
    call = ("predict", "--text", "image pixel camera", "--model", model, "--format", "jsonl", *more)
    found: list[dict[str, object]] = json.loads(_well(run(*call)).stdout)["predictions"]
    return found


def test_an_ensemble_of_them_is_built(run: Run, models: list[str]) -> None:
    """Two such models make an ensemble that is verified, measured and predicts their labels."""
    built = json.loads(_well(run("ensemble", *models, *SPLIT, "--json")).stdout)
    assert list(built["weights"]) == models
    assert _well(run("models", "verify", "ensemble")).stdout.decode().startswith(f"{built['model']} is intact")
    report = _well(run("evaluate", "--models", "ensemble", *SPLIT)).stdout.decode()
    assert built["with_titles"]["micro_f1"] > 0.9
    assert built["model"] in report
    assert _predicted(run, "ensemble")[0]["label"] == IMAGES


def test_they_are_compared_registered_and_rolled_back(run: Run, models: list[str]) -> None:
    """The registry takes them, moves the champion from one to the other, and moves it back."""
    for name in models:
        _well(run("models", "register", name))
        _well(run("models", "promote"))
    assert _well(run("models", "diff", *models)).stdout
    assert b"registry:arxiv-classifier/1 is the champion now" in _well(run("models", "rollback")).stdout
    assert _predicted(run, "registry:arxiv-classifier@champion") == _predicted(run, models[0])


def test_a_model_of_arxiv_is_no_successor_of_theirs(run: Run, models: list[str], tmp_path: Path) -> None:
    """Promoting a model of other labels is refused without --force."""
    rows = [json.loads(line) for line in (tmp_path / "papers.jsonl").read_text().splitlines()]
    rows = [row for row in rows if set(row["categories"]) <= set(LABELS[:3])]
    (tmp_path / "fewer.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    train = ("train", "--model-type", "fake", "--json", "--dataset", "fewer.jsonl", "--split-by", "hash")
    fewer = json.loads(_well(run(*train)).stdout)["model"]
    for name in (models[0], fewer):
        _well(run("models", "register", name))
    _well(run("models", "promote", "arxiv-classifier/1"))
    refused = run("models", "promote", "arxiv-classifier/2")
    assert refused.returncode != 0 and IMAGES in refused.sentence
    _well(run("models", "promote", "arxiv-classifier/2", "--allow-taxonomy-change"))


def test_they_are_explained(run: Run, models: list[str]) -> None:
    """An explanation has words for a label that is not arXiv's."""
    (first, *_) = _predicted(run, models[1], "--explain")
    assert first["label"] == IMAGES
    explanation = first["explanation"]
    assert isinstance(explanation, dict)
    assert {term["term"] for term in explanation["terms"]} == {"image", "pixel", "camera"}


def test_they_are_swept(run: Run, models: list[str], tmp_path: Path) -> None:
    """A sweep on such papers keeps models of their labels, and its best configuration trains one."""
    (tmp_path / "s.yaml").write_text(SWEEP)
    call = ("sweep", "--model-type", "fake", "--sweep", "s.yaml", "--sweep-count", 2, *SPLIT, "--output", "out")
    best = _well(run(*call)).stdout
    (tmp_path / "best.yaml").write_bytes(best)
    done = _well(run("train", "--config", "best.yaml", *SPLIT, "--json"))
    name = json.loads(done.stdout)["model"]
    assert sorted(str(each["label"]) for each in _predicted(run, name, "--top-k", 4)) == sorted(LABELS)


def test_the_page_shows_them(run: Run, models: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The page classifies and explains with such a model, and shows the names of its labels."""
    from entrypoints.demo.backend import Paper
    from entrypoints.demo.in_process import InProcess
    from entrypoints.settings import load_settings

    monkeypatch.setenv("MODEL_PATH", models[1])
    page = InProcess(load_settings({}))
    (default, *_) = page.models()
    rows = page.classify(default.name, Paper("image pixel camera")).rows
    assert (rows[0].label, sorted(row.label for row in rows)) == (IMAGES, sorted(LABELS))
    assert {word.term for word in page.explain(default.name, Paper("image pixel"))[IMAGES].words} == {"image", "pixel"}
    assert page.classify_many(default.name, [Paper("image pixel camera")])[0].labels[0][0] == IMAGES
