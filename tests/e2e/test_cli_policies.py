"""`arxiv-classifier models tune`, and predicting with a policy or a coverage."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.done import Run
from tests.examples import json_lines, small_papers


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Three hundred labelled papers that the model did not learn from."""
    path = tmp_path / "papers.jsonl"
    path.write_text(json_lines(small_papers(300, first=1000)))
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs a tuned model leaves the store with it for the others."""
    return tmp_path_factory.mktemp("tuned") / "store"


@pytest.fixture
def tuned(run: Run, store: Path, own_store: Path, papers: Path, kept: Path) -> str:
    """A copy of the fake model with two policies and scores."""
    if not kept.exists():
        goals = ("--policy", "half=recall>=0.5", "--policy", "micro_f1")
        done = run("models", "tune", "--dataset", papers, *goals)
        assert done.returncode == 0, done.stderr.decode()
        shutil.copytree(own_store, kept)
    shutil.copytree(kept, own_store, dirs_exist_ok=True)
    (new,) = {path.name for path in (kept / "fake").iterdir()} - {path.name for path in (store / "fake").iterdir()}
    return str(own_store / "fake" / new)


def test_tuning_prints_what_to_expect(run: Run, own_store: Path, papers: Path) -> None:
    """The table has each measure with its interval, and --curve the trade-off."""
    done = run("models", "tune", "--dataset", papers, "--policy", "careful=precision>=50%", "--curve")
    out = done.stdout.decode()
    assert out.startswith("careful: precision>=0.5, threshold ")
    assert "expected on other papers" in out
    assert out.count("\n") > 50
    assert "Scores for --coverage: 300 papers" in out


def test_a_tuned_model_shows_its_policies(run: Run, tuned: str) -> None:
    """`models show` names goal, threshold and expected values."""
    shown = json.loads(run("models", "show", tuned, "--json").stdout)
    assert list(shown["policies"]) == ["half", "micro_f1"]
    assert shown["policies"]["half"]["goal"] == "recall>=0.5"
    assert shown["coverage_papers"] == 300


def test_a_policy_chooses_the_categories(run: Run, tuned: str) -> None:
    """A policy gives the categories at or above its threshold, or none."""
    shown = json.loads(run("models", "show", tuned, "--json").stdout)
    threshold = shown["policies"]["half"]["threshold"]
    every, given = (
        json.loads(run("predict", "--model", tuned, "--text", "image string", "--format", "jsonl", *more).stdout)
        for more in (("--threshold", "0"), ("--policy", "half"))
    )
    wanted = [each["label"] for each in every["predictions"] if each["probability"] >= threshold]
    assert [each["label"] for each in given["predictions"]] == wanted


def test_a_coverage_gives_sets_or_says_that_there_is_none(run: Run, tuned: str, papers: Path) -> None:
    """A clear text gets a set, and a higher coverage a larger one. A set of all categories is not given."""
    done = run("predict", papers, "--model", tuned, "--coverage", "0.9", "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    true = [{str(category) for category in paper.categories} for paper in small_papers(300, first=1000)]
    held = [labels <= {each["label"] for each in row["predictions"]} for labels, row in zip(true, rows, strict=True)]
    assert sum(held) >= 0.85 * 300
    done = run("predict", "--text", "zzz", "--model", tuned, "--coverage", "0.99", "--format", "jsonl")
    row = json.loads(done.stdout)
    assert [warning["code"] for warning in row["warnings"]][-1] == "no_useful_set"
    assert row["predictions"] == []
    assert "no useful set with this coverage" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--policy", "hlaf"), "Did you mean half?"),
        (("--coverage", "2"), "between 0 and 1"),
        (("--coverage", "0.9999"), "Ask for at most 0.9966"),
        (("--policy", "half", "--threshold", "0.5"), "Give one of threshold and policy"),
        (("--coverage", "0.9", "--top-k", "3"), "Give one of coverage and top k"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence(
    run: Run, tuned: str, papers: Path, tmp_path: Path, arguments: tuple[str, ...], wanted: str
) -> None:
    """An impossible choice has exit code 2, for one file and for parts, and the error lists the possible ones."""
    for source in (("--text", "image"), (papers, "--output", f"{tmp_path}/parts/")):
        done = run("predict", *source, "--model", tuned, *arguments)
        assert done.returncode == 2
        assert wanted in done.stderr.decode()


def test_a_model_without_policies_says_how_to_add_them(run: Run) -> None:
    """A model without policies or scores answers with the command that adds them."""
    for arguments in (("--policy", "half"), ("--coverage", "0.9")):
        done = run("predict", "--text", "image", *arguments)
        assert done.returncode == 2
        assert "models tune" in done.stderr.decode()


def test_parts_record_their_policy(run: Run, tuned: str, papers: Path, tmp_path: Path) -> None:
    """Parts of another policy are refused, and those of none have the record that they always had."""
    call = ("predict", papers, "--output", f"{tmp_path}/parts/", "--model", tuned)
    assert run(*call, "--policy", "half").returncode == 0
    assert json.loads((tmp_path / "parts" / "_run.json").read_text())["policy"]["policy"] == "half"
    done = run(*call, "--policy", "micro_f1")
    assert done.returncode == 2
    assert "the choice of categories" in done.stderr.decode()
    assert run("predict", papers, "--output", f"{tmp_path}/plain/", "--model", tuned).returncode == 0
    assert json.loads((tmp_path / "plain" / "_run.json").read_text())["policy"] == {"threshold": None, "top_k": 0}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("--policy", "precision>=0.9999"), "The best is"),
        (("--policy", "precission>=0.9"), "Did you mean precision?"),
        (("--policy", "micro_f1", "--policy", "micro_f1=macro_f1"), "Two policies"),
    ],
)
def test_a_tuning_that_cannot_be_is_one_sentence(
    run: Run, own_store: Path, papers: Path, arguments: tuple[str, ...], wanted: str
) -> None:
    """An impossible tuning has exit code 2, and no model is saved."""
    before = sorted(own_store.rglob("manifest.json"))
    done = run("models", "tune", "--dataset", papers, *arguments)
    assert done.returncode == 2
    assert wanted in done.stderr.decode()
    assert sorted(own_store.rglob("manifest.json")) == before


def test_evaluation_measures_at_the_thresholds_of_a_policy(run: Run, tuned: str, papers: Path, tmp_path: Path) -> None:
    """`evaluate --policy` takes the policy's threshold, says so in its files, and the report has every policy."""
    out = tmp_path / "report"
    done = run("evaluate", "--models", tuned, "--dataset", papers, "--policy", "half", "--report", out)
    assert done.returncode == 0, done.stderr.decode()
    shown = json.loads(run("models", "show", tuned, "--json").stdout)["policies"]
    written = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert written["policy"] == "half"
    assert {each["threshold"] for each in written["evaluations"]} == {shown["half"]["threshold"]}
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["policy"] == "half"
    measured = {row["policy"]: row["value"] for row in report["policies"] if row["measure"] == "micro_recall"}
    assert list(measured) == ["half", "micro_f1"]
    assert measured["half"] == pytest.approx(written["evaluations"][0]["metrics"]["micro_recall"], abs=1e-6)
    page = (out / "index.html").read_text("utf-8")
    assert "At the thresholds of the policy half." in page
    assert "goal kept here" in page


def test_a_policy_that_a_model_lacks_is_refused_before_measuring(run: Run, tuned: str, papers: Path) -> None:
    """The error names the model and the policy that was meant, and no paper is read."""
    done = run("evaluate", "--models", tuned, "--dataset", papers, "--policy", "hlaf")
    assert done.returncode == 2
    assert "Did you mean half?" in done.stderr.decode()
    assert b"Measuring" not in done.stderr
