"""What an earlier version wrote is read: bundles, a registry, an index, a log of predictions and a feedback database.

Commit bd4a0df wrote tests/fixtures/written_by_bd4a0df from made-up papers by its own commands, and `expected.json` with
its own answers: `train` of a baseline and of a minilm on a checkpoint of random weights, `models register` and
`promote`, `index`, `serve` with feedback and a log of predictions, and `feedback export`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from domain.category import Category
from domain.feedback import Feedback
from domain.ports.feedback_store import Kept
from tests.e2e.done import Run
from tests.unit.adapters.feedback_store.database import database

FIXTURE = Path(__file__).parents[1] / "fixtures" / "written_by_bd4a0df"
EXPECTED: dict[str, Any] = json.loads((FIXTURE / "expected.json").read_text("utf-8"))
MODELS = ["baseline/20261129T125556Z", "minilm/20261129T130327Z", "registry:papers@champion"]


@pytest.fixture
def earlier(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the earlier version's folder, in which commands look for models."""
    copy = tmp_path / "earlier"
    shutil.copytree(FIXTURE, copy)
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(copy / "models"))
    return copy


@pytest.mark.usefixtures("earlier")
@pytest.mark.parametrize("model", MODELS)
def test_models_predict_as_they_did(run: Run, tmp_path: Path, model: str) -> None:
    """A bundle and a registered model verify, and give the probabilities that the earlier version gave."""
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps({"abstract": text}) + "\n" for text in EXPECTED["texts"]))
    done = run("predict", "papers.jsonl", "--model", model, "--threshold", "0", "--output", "out.jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    found = [{each["label"]: each["probability"] for each in row["predictions"]} for row in rows]
    assert found == [pytest.approx(row, abs=2e-4) for row in EXPECTED[model]]
    assert run("models", "verify", model).returncode == 0


@pytest.mark.usefixtures("earlier")
def test_a_registry_goes_on(run: Run) -> None:
    """Its history is shown, and another model of the earlier version can be registered and promoted."""
    assert b"champion" in run("models", "history", "papers").stdout
    assert run("models", "register", MODELS[1], "--name", "papers").returncode == 0
    assert run("models", "promote", "papers/2").returncode == 0
    aliases = json.loads(run("models", "list", "--registry", "--json").stdout)
    assert [each["version"] for each in aliases if "champion" in each["aliases"]] == [2]


def test_an_index_finds_what_it_found(run: Run, earlier: Path) -> None:
    """The papers nearest to a text are those that the earlier version named."""
    done = run("similar", "--index", earlier / "index", "--text", EXPECTED["texts"][0], "--top-k", "5", "--json")
    assert done.returncode == 0, done.stderr
    found, expected = json.loads(done.stdout), EXPECTED["similar"]
    assert {each["id"] for each in found} == {each["id"] for each in expected}
    assert [each["similarity"] for each in found] == pytest.approx([each["similarity"] for each in expected], abs=1e-3)


def test_an_index_of_another_encoder_says_what_to_do(run: Run, earlier: Path) -> None:
    """The index is refused with a sentence if its model was retrained since."""
    tokenizer = earlier / "models" / MODELS[1] / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text("utf-8").replace("graph", "grape"), "utf-8")
    done = run("similar", "--index", earlier / "index", "--text", "We study graphs.")
    assert done.returncode == 3
    assert "tokenizer.json" in done.sentence


def test_feedback_is_exported_and_goes_on(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's feedback is read after its migration, and takes more."""
    pytest.importorskip("django")
    from adapters.feedback_store.store import DjangoFeedbackStore

    with database(earlier / "models" / "api.sqlite3", monkeypatch):
        store = DjangoFeedbackStore()
        assert store.keep([Feedback("made-by-bd4a0df:2", (Category("cs.CV"),))]) == (Kept.CREATED,)
        held = [(each.feedback.prediction_id, [*map(str, each.feedback.labels)]) for each in store.latest()]
    assert held == [
        ("made-by-bd4a0df:0", ["cs.LG", "cs.CV"]),
        ("made-by-bd4a0df:1", ["hep-th", "math-ph"]),
        ("made-by-bd4a0df:2", ["cs.CV"]),
    ]


def test_feedback_finds_its_papers_in_the_log(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`feedback export` writes the papers that the earlier version wrote, with the words in its log of predictions."""
    pytest.importorskip("django")
    from entrypoints.cli.main import cli

    output = earlier / "reviewed.jsonl"
    with database(earlier / "models" / "api.sqlite3", monkeypatch):
        cli(["feedback", "export", "--log", str(earlier / "log"), "-o", str(output)], standalone_mode=False)
    assert [json.loads(line) for line in output.read_text("utf-8").splitlines()] == EXPECTED["feedback"]


def test_the_fixture_is_small() -> None:
    """The fixture stays below 300 kB, because every clone has it."""
    assert sum(path.stat().st_size for path in FIXTURE.rglob("*") if path.is_file()) < 300_000
