"""`arxiv-classifier models register`, `promote`, `rollback`, `history`, `diff` and `list --registry`."""

import json
import shutil
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.ports.classifier import FitSession
from tests.e2e.done import Run
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder of models with two of kind `fake`, which the commands may change."""
    folder = tmp_path / "store"
    for seed in (1, 2):
        classifier = FakeClassifier(small_taxonomy())
        classifier.fit(small_papers(60), [], FitSession(seed, tmp_path, lambda probabilities: 0.0))
        card = small_card("fake", seed=seed, metrics={"test": {"micro_f1": seed / 4}})
        FilesystemModelStore(folder).save(card, classifier.save)
    return folder


@pytest.fixture
def versions(run: Run, store: Path) -> list[str]:
    """Both models registered, the first as the champion."""
    names = sorted(path.name for path in (store / "fake").iterdir())
    for name in names:
        assert run("models", "register", f"fake/{name}", "--notes", name).returncode == 0
    assert run("models", "promote", "arxiv-classifier/1").returncode == 0
    return names


def test_a_model_goes_to_production_and_back(run: Run, versions: list[str]) -> None:
    """Each step is one command, whose line says which model now has the alias."""
    promoted = run("models", "promote")
    assert promoted.stdout.decode() == (
        "registry:arxiv-classifier/2 is the champion now, registry:arxiv-classifier/1 was before.\n"
    )
    assert run("models", "promote").stdout == b"registry:arxiv-classifier/2 is the champion already.\n"
    back = run("models", "rollback")
    assert back.stdout.decode() == (
        "registry:arxiv-classifier/1 is the champion now, registry:arxiv-classifier/2 was before.\n"
    )
    history = json.loads(run("models", "history", "--json").stdout)
    assert [(move["action"], move["previous"], move["version"]) for move in history] == [
        ("promote", None, 1),
        ("promote", 1, 2),
        ("rollback", 2, 1),
    ]
    assert all(move["by"] and move["at"].endswith("+00:00") for move in history)
    assert run("models", "history").stdout.decode().count("\n") == 4


def test_a_registered_model_predicts_where_its_training_was_deleted(
    run: Run, versions: list[str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registered model predicts by alias, number and name after its training was deleted, also in MODEL_PATH."""
    shutil.rmtree(store / "fake")
    text = ("predict", "--text", "image pixel camera", "--format", "jsonl")
    found = [
        run(*text, "--model", f"registry:arxiv-classifier{which}").stdout for which in ("@champion", "/1", "/2", "")
    ]
    assert all(json.loads(each)["predictions"][0]["label"] == "cs.CV" for each in found)
    monkeypatch.setenv("MODEL_PATH", "registry:arxiv-classifier@champion")
    assert run(*text).stdout == found[0]
    assert run("models", "show").returncode == 0
    assert run("models", "verify").stdout.decode().startswith(f"fake/{versions[0]} is intact")


def test_registered_models_are_listed(run: Run, versions: list[str], store: Path) -> None:
    """The list has every version with its aliases and notes, newest first. The other list is as it was."""
    rows = run("models", "list", "--registry").stdout.decode().splitlines()
    assert rows[0].startswith("registered as")
    assert [row.split()[0] for row in rows[1:]] == ["registry:arxiv-classifier/2", "registry:arxiv-classifier/1"]
    listed = json.loads(run("models", "list", "--registry", "--json").stdout)
    assert [(each["version"], each["aliases"], each["notes"]) for each in listed] == [
        (2, [], versions[1]),
        (1, ["champion"], versions[0]),
    ]
    assert "registry:" not in run("models", "list").stdout.decode()


def test_a_list_says_what_a_figure_was_measured_on(run: Run, store: Path) -> None:
    """The list marks a figure that was measured on validation papers."""
    classifier = FakeClassifier(small_taxonomy())
    classifier.fit(small_papers(60), [], FitSession(3, store, lambda probabilities: 0.0))
    FilesystemModelStore(store).save(small_card("fake", metrics={"validation": {"micro_f1": 0.9}}), classifier.save)
    assert run("models", "register", "fake").returncode == 0
    for registered in ((), ("--registry",)):
        heading, *rows = run("models", "list", *registered).stdout.decode().splitlines()
        assert "micro F1  measured on" in heading
        assert any("0.9000  validation" in row for row in rows)


def test_where_nothing_is_registered_it_says_so(run: Run) -> None:
    """Listing an empty registry prints a sentence, succeeds and makes no folder."""
    done = run("models", "list", "--registry")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"models register" in done.stderr
    assert run("models", "list", "--registry", "--json").stdout == b"[]\n"


def test_what_is_registered_already_is_said(run: Run, versions: list[str]) -> None:
    """Registering the same bundle again makes no new version, and says so."""
    done = run("models", "register", f"fake/{versions[0]}", "--json")
    assert json.loads(done.stdout)["new"] is False
    assert "already, as registry:arxiv-classifier/1" in run("models", "register", f"fake/{versions[0]}").stdout.decode()


def test_what_a_known_version_does_not_take_is_said(run: Run, versions: list[str]) -> None:
    """A warning says that the note or run of a bundle that is already registered is ignored."""
    done = run("models", "register", f"fake/{versions[0]}", "--notes", "another", "--run", "r")
    assert done.returncode == 0
    assert b"a version never changes after it is registered, so --notes and --run are ignored" in done.stderr
    assert b"Warning" not in run("models", "register", f"fake/{versions[0]}", "--notes", versions[0]).stderr


def test_a_challenger_becomes_the_champion(run: Run, versions: list[str]) -> None:
    """NAME@ALIAS promotes the version with that alias."""
    assert run("models", "promote", "arxiv-classifier/2", "--alias", "challenger").returncode == 0
    moved = json.loads(run("models", "promote", "arxiv-classifier@challenger", "--json").stdout)
    assert (moved["version"], moved["alias"], moved["previous"], moved["changed"]) == (
        2,
        "champion",
        "registry:arxiv-classifier/1",
        True,
    )


def test_a_worse_model_is_promoted_with_a_warning(run: Run, versions: list[str]) -> None:
    """Promoting a worse model writes its figures to stderr, and succeeds."""
    run("models", "promote", "arxiv-classifier/2")
    done = run("models", "promote", "arxiv-classifier/1")
    assert done.returncode == 0
    assert b"Warning: registry:arxiv-classifier/1 is worse by its own figures: test micro_f1 is 0.2500" in done.stderr


def test_other_categories_need_a_flag(run: Run, versions: list[str], store: Path) -> None:
    """A model of other categories is refused with exit code 3 and their names, and accepted with --force."""
    taxonomy = small_taxonomy().subset(reversed(small_taxonomy().categories))
    classifier = FakeClassifier(taxonomy)
    classifier.fit(small_papers(60), [], FitSession(1, store, lambda probabilities: 0.0))
    name = FilesystemModelStore(store).save(small_card("fake", taxonomy=taxonomy), classifier.save).name
    run("models", "register", name)
    done = run("models", "promote")
    assert done.returncode == 3
    assert "the same ones in another order" in done.sentence
    assert run("models", "promote", "--force").returncode == 0
    assert run("models", "rollback").stdout.startswith(b"registry:arxiv-classifier/1 is the champion now")


def test_a_damaged_version_is_not_promoted(run: Run, versions: list[str], store: Path) -> None:
    """Promoting a damaged version ends with exit code 3 and the name of the file."""
    (weights,) = (store / "registry" / "arxiv-classifier" / "2").rglob("weights.json")
    weights.chmod(0o644)
    weights.write_text("{}")
    done = run("models", "promote")
    assert done.returncode == 3
    assert "weights.json" in done.sentence
    assert run("predict", "--text", "x", "--model", "registry:arxiv-classifier/2").returncode == 3
    assert run("predict", "--text", "x", "--model", "registry:arxiv-classifier@champion").returncode == 0


def test_models_are_compared(run: Run, versions: list[str]) -> None:
    """`diff` shows the differences and their amounts. --json groups them by section, and --all adds what is equal."""
    call = ("models", "diff", "registry:arxiv-classifier@champion", f"fake/{versions[1]}")
    lines = run(*call).stdout.decode().splitlines()
    assert any(line.split() == ["metrics:", "test", "micro_f1", "0.2500", "0.5000", "+0.2500"] for line in lines)
    differences = json.loads(run(*call, "--json").stdout)["differences"]
    assert differences["metrics"]["test micro_f1"] == {"a": 0.25, "b": 0.5, "change": 0.25}
    assert "data" not in differences
    assert "data" in json.loads(run(*call, "--json", "--all").stdout)["differences"]
    same = run("models", "diff", "registry:arxiv-classifier/1", "registry:arxiv-classifier@champion")
    assert "are the same model" in same.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["promote", "arxiv-classifier/9"], 3, "Its versions are: 1, 2."),
        (["promote", "arxiv-classifier/x"], 2, "Write NAME, NAME/VERSION with a number, or NAME@ALIAS"),
        (["promote", "nobody"], 3, "Registered are: arxiv-classifier."),
        (["promote", "--alias", "latest"], 2, "reserved"),
        (["promote", "arxiv-classifier@challenger"], 3, "Its aliases are: champion (version 1)"),
        (["rollback"], 3, "no earlier version than 1"),
        (["rollback", "--alias", "challenger"], 3, "no alias 'challenger'"),
        (["rollback", "nobody"], 3, "Registered are: arxiv-classifier."),
        (["history", "nobody"], 3, "Registered are: arxiv-classifier."),
        (["register", "nothing"], 3, "There is no model 'nothing'"),
        (["register", "fake", "--name", "../x"], 2, "cannot name a registered model"),
        (["diff", "fake", "arxiv-classifier/1"], 3, "If it is registered, write registry:arxiv-classifier/1."),
        (["show", "arxiv-classifier@champion"], 3, "If it is registered, write registry:arxiv-classifier@champion."),
        (["diff", "fake", "registry:arxiv-classifier@x"], 3, "Its aliases are: champion"),
    ],
)
def test_a_mistake_is_one_sentence(run: Run, versions: list[str], arguments: list[str], code: int, told: str) -> None:
    """Each mistake has its exit code and a sentence with the accepted values."""
    done = run("models", *arguments)
    assert (done.returncode, told in done.sentence) == (code, True), done.sentence


def test_an_unknown_registry_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown registry is answered with the known ones. Options of another registry are refused too."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY", "ftp")
    assert "Known are: filesystem, mlflow" in run("models", "list", "--registry").sentence
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY", "filesystem")
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY_OPTIONS__URI", "http://localhost")
    assert "Registry filesystem has no option 'uri'" in run("models", "list", "--registry").sentence


def test_a_registry_that_is_down_has_its_exit_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An MLflow that cannot be reached is exit code 4 and one sentence."""
    pytest.importorskip("mlflow")
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY", "mlflow")
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY_OPTIONS__URI", "http://127.0.0.1:9")
    done = run("models", "list", "--registry")
    assert done.returncode == 4
    assert "http://127.0.0.1:9 cannot be used" in done.sentence
