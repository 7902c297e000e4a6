"""`arxiv-classifier models`, `train` and `evaluate`."""

import csv
import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from entrypoints import registry
from tests.e2e.done import Done, Run
from tests.examples import json_lines, small_papers

TRAIN = ("train", "--model_type", "fake", "--split_by", "hash", "--seed", "3")


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Two hundred labelled papers in a JSON Lines file."""
    path = tmp_path / "papers.jsonl"
    path.write_text(json_lines(small_papers(200)))
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a small taxonomy."""
    path = tmp_path / "small.yaml"
    path.write_text("categories: [cs.LG, hep-th, math-ph, math.MP, cs.CV]\nmodel:\n  epochs: 3\n")
    return path


def _train(run: Run, papers: Path, config: Path, *more: object) -> Done:
    return run(*TRAIN, "--dataset", papers, "--config", config, "--output", papers.parent / "models", *more)


def _distinct(count: int) -> list[LabelledAbstract]:
    """Small papers of which no two have the same text."""
    return [
        replace(paper, abstract=Abstract(f"{paper.abstract.text} paper{number}", id=f"{number}a"))
        for number, paper in enumerate(small_papers(count))
    ]


def _folder(parent: Path, *splits: list[LabelledAbstract]) -> Path:
    """A folder with a file for each split."""
    folder = parent / "papers"
    folder.mkdir()
    for name, papers in zip(("train", "validation", "test"), splits, strict=True):
        (folder / f"{name}.jsonl").write_text(json_lines(papers))
    return folder


def test_training_saves_a_model_that_predicts(run: Run, papers: Path, config: Path) -> None:
    """A model that `train` saves predicts, and `models verify` finds it complete."""
    done = _train(run, papers, config, "--json")
    assert done.returncode == 0, done.stderr.decode()
    trained = json.loads(done.stdout)
    assert trained["with_titles"]["micro_f1"] > 0.9
    predicted = run("predict", "--text", "image pixel camera", "--model", trained["folder"], "--format", "jsonl")
    assert json.loads(predicted.stdout)["predictions"][0]["label"] == "cs.CV"
    assert run("models", "verify", trained["folder"]).stdout.decode().startswith(f"{trained['model']} is intact")


def test_training_prints_metrics_and_the_place(run: Run, papers: Path, config: Path) -> None:
    """`train` prints a table of test metrics and the model's folder. Epochs go to stderr."""
    done = _train(run, papers, config)
    lines = done.stdout.decode().splitlines()
    assert lines[0].split("  ")[0] == "test metric"
    assert any(line.startswith("micro_f1 ") for line in lines)
    assert str(papers.parent / "models" / "fake") in lines[-1]
    assert done.stderr.decode().count("epoch ") == 3


def test_training_ends_with_the_next_commands(run: Run, papers: Path, config: Path) -> None:
    """The last lines name commands with the new model's name, and each of them works as it is written."""
    done = _train(run, papers, config)
    name = done.stdout.decode().splitlines()[-1].split()[2]
    commands = [shlex.split(line) for line in done.stderr.decode().split("\nNext:\n")[1].splitlines()]
    models = papers.parent / "models"
    assert [words[:2] for words in commands] == [[f"ARXIV_CLASSIFIER_ARTIFACTS={models}", "arxiv-classifier"]] * 3
    assert [words[2] for words in commands] == ["predict", "evaluate", "models"]
    assert all(name in words for words in commands)
    os.environ["ARXIV_CLASSIFIER_ARTIFACTS"] = str(models)
    assert [run(*words[2:]).returncode for words in commands] == [0, 0, 0]


def test_training_in_the_usual_place_needs_no_setting(run: Run, papers: Path, config: Path, tmp_path: Path) -> None:
    """If the model is in the default folder, the next commands begin with the program's name."""
    os.environ["ARXIV_CLASSIFIER_ARTIFACTS"] = str(tmp_path / "models")
    done = run(*TRAIN, "--dataset", papers, "--config", config)
    last = done.stderr.decode().splitlines()[-3:]
    assert all(line.startswith("  arxiv-classifier ") for line in last)


def test_training_tells_what_it_does(run: Run, papers: Path, config: Path) -> None:
    """Each phase is a line on stderr, up to saving, and a bar is drawn only on a terminal."""
    told = _train(run, papers, config).stderr.decode()
    phases = ("Loading the training", "epoch 1", "epoch 3", "Calibrating", "Evaluating", "Saving")
    places = [told.index(phase) for phase in phases]
    assert places == sorted(places)
    assert "\x1b" not in told and "steps" not in told


def test_training_tells_how_the_splits_differ(run: Run, papers: Path, config: Path) -> None:
    """One line has the distance of validation's primary categories from training's and from arXiv's."""
    told = _train(run, papers, config).stderr.decode()
    lines = [line for line in told.splitlines() if "Primary categories" in line]
    assert len(lines) == 1
    assert re.fullmatch(
        r"Primary categories of validation differ from training's by \d+% and from arXiv's own by \d+%\.", lines[0]
    )


def test_training_names_what_validation_lacks(run: Run, tmp_path: Path, config: Path) -> None:
    """A category of many training papers that is in no validation paper is named in the same line."""
    papers = _distinct(600)
    folder = _folder(
        tmp_path, papers[:400], [each for each in papers[400:550] if str(each.primary) != "cs.CV"], papers[550:]
    )
    done = _train(run, folder, config, "--split-by", "source")
    lines = [line for line in done.stderr.decode().splitlines() if "Primary categories" in line]
    assert len(lines) == 1
    assert "Nearly absent from validation: cs.CV (0 of " in lines[0]


def test_held_out_papers_are_left_out_of_training(run: Run, tmp_path: Path, config: Path) -> None:
    """Test papers in training are left out of it and counted. With --strict they end the training, exit code 2."""
    papers = _distinct(200)
    folder = _folder(tmp_path, papers[:155], papers[150:175], papers[175:])
    done = _train(run, folder, config, "--split-by", "source")
    assert done.returncode == 0
    assert f"Of 155 training papers of {folder}, 5 are in validation or test as well" in done.stderr.decode()
    assert json.loads(next((tmp_path / "models").rglob("manifest.json")).read_text())["data"]["train"]["papers"] == 150
    strict = _train(run, folder, config, "--split-by", "source", "--strict", "--output", tmp_path / "none")
    assert strict.returncode == 2
    assert "Remove them from training" in strict.sentence
    assert not list((tmp_path / "none").rglob("*"))


def test_a_column_of_weights_counts_in_training_and_evaluation(run: Run, tmp_path: Path, config: Path) -> None:
    """Papers of weight 0 are not trained on, and metrics are those without them."""
    records = [json.loads(line) for line in json_lines(_distinct(200)).splitlines()]
    wrong = [{"id": f"w{number}", "abstract": f"w{number}", "categories": ["hep-th"]} for number in range(200)]
    for name, rows in {
        "weighted": [{**record, "weight": 2} for record in records] + [{**record, "weight": 0} for record in wrong],
        "plain": records,
    }.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    trained = json.loads(_train(run, tmp_path / "plain.jsonl", config, "--json").stdout)
    weighted = json.loads(_train(run, tmp_path / "weighted.jsonl", config, "--json").stdout)
    manifest = json.loads((Path(weighted["folder"]) / "manifest.json").read_text())
    plain = json.loads((Path(trained["folder"]) / "manifest.json").read_text())
    assert manifest["data"]["train"]["papers"] == plain["data"]["train"]["papers"]
    reports = []
    for name in ("weighted", "plain"):
        source, model = tmp_path / f"{name}.jsonl", trained["folder"]
        done = run("evaluate", "--models", model, "--dataset", source, "--split", "all", "--output", tmp_path / name)
        assert done.returncode == 0, done.stderr.decode()
        reports.append(json.loads((tmp_path / name / "evaluation.json").read_text())["evaluations"][0])
    assert reports[0]["metrics"] == pytest.approx(reports[1]["metrics"])
    assert (reports[0]["papers"], reports[0]["effective_papers"]) == (400, pytest.approx(200))


def test_shares_weigh_papers(run: Run, papers: Path, config: Path) -> None:
    """--weights FILE weights the papers of a training, which records it, and those of an evaluation."""
    shares, report = papers.parent / "shares.csv", papers.parent / "report"
    shares.write_text("category,share\ncs.LG,1\nhep-th,1\nmath-ph,1\ncs.CV,7\n")
    trained = json.loads(_train(run, papers, config, "--weights", shares, "--json").stdout)
    manifest = json.loads((Path(trained["folder"]) / "manifest.json").read_text())
    assert manifest["config"]["weights"]["source"] == str(shares)
    measure = ("evaluate", "--models", trained["folder"], "--split", "all", "--dataset", papers, "--output", report)
    assert run(*measure, "--weights", shares).returncode == 0
    found = json.loads((report / "evaluation.json").read_text())["evaluations"][0]
    assert found["effective_papers"] < found["papers"]


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ("category,share\ncs.LG,1\nhep-th,1\nmath-ph,1\n", "The shares lack cs.CV, primary category of"),
        ("category,share\ncs.LG,-1\n", "The share of cs.LG in"),
        ("category,share\ncs.LG,0\n", "no category with a share above 0"),
        ("nothing", "have not the columns category and share"),
    ],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_bad_shares_are_one_sentence(
    run: Run, papers: Path, config: Path, command: str, shares: str, words: str
) -> None:
    """A mistake in a file of shares is a sentence with exit code 2, and nothing is written."""
    path = papers.parent / "shares.csv"
    path.write_text(shares)
    before = sorted(papers.parent.rglob("*"))
    measure = ("evaluate", "--split", "all", "--dataset", papers, "--output", papers.parent / "report")
    done = _train(run, papers, config, "--weights", path) if command == "train" else run(*measure, "--weights", path)
    assert done.returncode == 2
    assert words in done.stderr.decode().splitlines()[-1]
    left = [each for each in sorted(papers.parent.rglob("*")) if each.is_file()]
    assert left == [each for each in before if each.is_file()]


def test_a_model_that_is_worse_than_none_is_warned_of(run: Run, tmp_path: Path, config: Path) -> None:
    """If always predicting the most frequent category has the higher micro F1, a warning has both figures."""
    papers = [{"id": f"{number}", "abstract": f"word{number}", "categories": "cs.LG"} for number in range(200)]
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    config.write_text(config.read_text() + "  learning_rate: -0.5\n")
    done = _train(run, path, config)
    assert done.returncode == 0
    assert "WARNING: fake/" in done.stderr.decode()
    assert "Its micro F1 on test is 0." in done.stderr.decode()
    assert "saying cs.LG, the most frequent category, of every paper has 1.0000" in done.stderr.decode()


def test_papers_of_other_categories_are_not_trained_on(run: Run, tmp_path: Path, config: Path) -> None:
    """If no paper has one of the categories, the training stops before it begins, with exit code 2."""
    path = tmp_path / "papers.jsonl"
    papers = [{"id": f"{number}", "abstract": f"word{number}", "categories": "q-bio.NC"} for number in range(200)]
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    done = _train(run, path, config)
    assert (done.returncode, done.stdout) == (2, b"")
    told = done.stderr.decode().splitlines()[-1]
    assert "the 5 categories looked for: cs.LG, hep-th, math-ph, math.MP, cs.CV." in told
    assert "They have q-bio.NC (" in told
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").rglob("manifest.json"))


def test_a_good_model_is_not_warned_of(run: Run, papers: Path, config: Path) -> None:
    """A model that beats the most frequent category has no warning."""
    assert "WARNING" not in _train(run, papers, config).stderr.decode()


def test_the_manifest_holds_the_effective_configuration(run: Run, papers: Path, config: Path) -> None:
    """The model records the flags, the file and the defaults of its training."""
    folder = json.loads(_train(run, papers, config, "--json", "--limit-samples", "50").stdout)["folder"]
    shown = json.loads(run("models", "show", folder, "--json").stdout)
    assert shown["config"] == {
        "kind": "fake",
        "dataset": str(papers),
        "categories": ["cs.LG", "hep-th", "math-ph", "math.MP", "cs.CV"],
        "split_by": "hash",
        "limit_samples": 50,
        "seed": 3,
        "max_characters": 20000,
        "model": {"epochs": 3, "learning_rate": 0.5},
    }


def test_flags_of_the_model_win_over_the_file(run: Run, papers: Path, config: Path) -> None:
    """--epochs is the model's option `epochs`."""
    done = _train(run, papers, config, "--epochs", "1")
    assert done.stderr.decode().count("epoch ") == 1


def test_the_workspace_goes_when_training_is_done(run: Run, papers: Path, config: Path) -> None:
    """The checkpoints are removed once the model is saved."""
    _train(run, papers, config)
    assert not (papers.parent / "models" / ".workspaces").exists()


@pytest.mark.parametrize(
    ("more", "code", "wanted"),
    [
        (["--model-type", "bert"], 2, "Known are: baseline, ensemble, fake"),
        (["--batch-size", "8"], 2, "has no option 'batch_size'"),
        (["--tracker", "paper"], 2, "Known are: mlflow, null, tensorboard, wandb"),
        (["--dataset", "nowhere.csv"], 4, "nowhere.csv"),
        (["--limit-samples", "0"], 2, "limit_samples is 0"),
        (["--output", "/proc/models"], 2, "/proc/models"),
    ],
)
def test_a_training_that_cannot_be_is_one_sentence(
    run: Run, papers: Path, config: Path, more: list[str], code: int, wanted: str
) -> None:
    """A mistake in a setting is one sentence with the accepted values, and the exit code of its kind."""
    done = _train(run, papers, config, *more)
    assert done.returncode == code
    assert wanted in done.stderr.decode().splitlines()[-1]


def test_strict_training_stops_at_a_bad_record(run: Run, papers: Path, config: Path) -> None:
    """With --strict, the first bad record ends the training. Without, it is counted."""
    papers.write_text(papers.read_text() + '{"id": "x"\n')
    done = _train(run, papers, config, "--strict")
    assert done.returncode == 2
    assert "papers.jsonl:201: " in done.sentence
    assert "1 bad record left out." in _train(run, papers, config).stderr.decode()


def test_a_missing_extra_says_what_to_install(
    run: Run, papers: Path, config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If a kind's library is missing, the sentence has the command that installs it."""
    (tmp_path / "needs_keras.py").write_text("import keras_that_is_absent\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(registry.EXTRAS, "keras_that_is_absent", "train")
    monkeypatch.setitem(registry.CLASSIFIERS, "fake", "needs_keras:build")
    done = _train(run, papers, config)
    assert done.returncode == 2
    assert "Run `uv sync --inexact --extra train` in " in done.sentence


def test_evaluation_prints_a_table_and_writes_files(run: Run, store: Path, papers: Path) -> None:
    """`evaluate` measures each model with and without titles, and writes JSON and CSV."""
    done = run("evaluate", "--models", f"fake,{store / 'fake'}", "--dataset", papers)
    assert done.returncode == 3, "a folder of versions is no model"
    folder = papers.parent / "evaluation"
    done = run("evaluate", "--models", "fake", "--dataset", papers, "--output", folder)
    assert done.returncode == 0, done.stderr.decode()
    header, *rows = done.stdout.decode().splitlines()
    assert header.startswith("model ")
    assert [row.split()[1] for row in rows] == ["with", "without"]
    content = json.loads((folder / "evaluation.json").read_text())
    assert [each["papers"] for each in content["evaluations"]] == [200, 200]
    with open(folder / "models.csv", newline="") as file:
        assert [row["titles"] for row in csv.DictReader(file)] == ["with", "without"]
    with open(folder / "categories.csv", newline="") as file:
        assert [Category(row["category"]) for row in csv.DictReader(file)][:2] == [
            Category("cs.LG"),
            Category("hep-th"),
        ]


@pytest.mark.parametrize(
    "names",
    [
        ["--models", "fake", "NAME"],
        ["--models", "fake,NAME"],
        ["--models", "fake", "--models", "NAME"],
        ["--models=fake", "NAME"],
        ["--models", "fake,", "NAME"],
        ["--models", ",fake", ",NAME,"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("last", [True, False])
def test_models_stand_with_spaces_or_commas(
    run: Run, store: Path, papers: Path, tmp_path: Path, names: list[str], last: bool
) -> None:
    """Names of models may have spaces or commas between them, before other options or after them."""
    name = f"fake/{next((store / 'fake').iterdir()).name}"
    said = [each.replace("NAME", name) for each in names]
    others = ["--dataset", papers, "--titles", "with", "--limit-samples", "9", "--output", tmp_path / "report"]
    done = run("evaluate", *others, *said) if last else run("evaluate", *said, *others)
    assert done.returncode == 0, done.stderr.decode()
    assert [row.split()[0] for row in done.stdout.decode().splitlines()[1:]] == [name, name]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--models"], "requires an argument"),
        (["--models", "--titles", "with"], "requires an argument"),
        (["--models", ","], "names no model"),
        (["--models="], "names no model"),
        (["fake"], "unexpected extra argument"),
        (["--titles", "with", "fake"], "unexpected extra argument"),
    ],
)
def test_models_that_are_not_named_are_a_mistake(run: Run, papers: Path, arguments: list[str], wanted: str) -> None:
    """--models without a name, and a name without --models, are usage errors."""
    done = run("evaluate", "--dataset", papers, *arguments)
    assert done.returncode == 2
    assert wanted in done.stderr.decode()


def test_the_help_shows_that_models_may_be_several(run: Run) -> None:
    """`evaluate --help` shows how several models are named."""
    shown = run("evaluate", "--help").stdout.decode()
    assert "--models MODEL [MODEL...]" in shown


@pytest.mark.parametrize(
    "command",
    [["train"], ["evaluate"], ["sweep"], ["ensemble", "a", "b"], ["data", "stats"], ["data", "prepare", "-o", "out"]],
    ids=" ".join,
)
def test_a_command_without_papers_says_what_to_give(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """A command without a source lists the types of sources, and imports no library of the hub before."""
    monkeypatch.setitem(sys.modules, "datasets", None)  # importing it is an ImportError
    done = run(*command)
    assert done.returncode == 2
    assert "No papers are named. Give " in done.sentence
    assert "owner/name" in done.sentence


def test_papers_may_be_named_by_the_environment(run: Run, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting `dataset` of the environment is a source."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_DATASET", str(papers))
    assert run("data", "stats").returncode == 0


def test_a_model_is_not_measured_on_what_it_learnt(run: Run, papers: Path, config: Path) -> None:
    """On the source that a model was trained on, its test split is measured by default."""
    folder = json.loads(_train(run, papers, config, "--json").stdout)["folder"]
    call = ("evaluate", "--models", folder, "--dataset", papers, "--split-by", "hash", "--titles", "with")
    fair = run(*call, "--output", "fair")
    everything = run(*call, "--split", "all", "--output", "all")
    assert b", test." in fair.stderr
    assert b"Measuring on 200 papers" in everything.stderr


def test_an_evaluation_of_a_sample(run: Run, papers: Path) -> None:
    """--limit-samples measures on that number of papers."""
    done = run("evaluate", "--dataset", papers, "--limit-samples", "7", "--titles", "without", "--output", "out")
    assert b"Measuring on 7 papers" in done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_models_are_listed(run: Run, store: Path) -> None:
    """`models list` shows each model's name, as a table or as JSON."""
    name = f"fake/{next((store / 'fake').iterdir()).name}"
    assert name in run("models", "list").stdout.decode()
    assert name in [each["model"] for each in json.loads(run("models", "list", "--json").stdout)]


def test_a_training_does_not_change_what_predicts(
    run: Run, papers: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped model predicts until `models use` names another. `--shipped` goes back to it.

    Stderr names the model.
    """
    monkeypatch.delenv("MODEL_TYPE")
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(papers.parent / "models"))
    name = json.loads(_train(run, papers, config, "--json", "--model-type", "fake").stdout)["model"]
    call = ("predict", "--text", "image pixel camera detection", "--format", "jsonl")
    before = run(*call)
    assert before.stderr == b""
    assert run("models", "use", name).stdout.decode().startswith(f"{name} is in use")
    used = run(*call)
    assert used.stderr.decode() == f"Answered by the model {name}.\n"
    assert used.stdout != before.stdout
    assert [each["model"] for each in json.loads(run("models", "list", "--json").stdout) if each["in use"]] == [name]
    assert run("models", "use", "--shipped").returncode == 0
    after = run(*call)
    assert (after.stdout, after.stderr) == (before.stdout, b"")


def test_a_flag_and_the_environment_go_before_the_model_in_use(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--model overrides MODEL_PATH, which overrides MODEL_TYPE, which overrides `models use`.

    `models use` warns of that.
    """
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))
    (version,) = (store / "fake").iterdir()
    for name in ("flag", "path", "used"):
        shutil.copytree(version, tmp_path / "models" / "fake" / name)
    call = ("predict", "--text", "image")
    used = tmp_path / "models" / "fake" / "used"
    warned = run("models", "use", str(used))
    assert b"names the kind fake, which overrides" in warned.stderr
    folders = {}
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")

    def folder(*more: object) -> str:
        line = run(*call, *more).stderr.decode().splitlines()[-1]
        return Path(json.loads(line)["folder"]).name

    folders["type"] = folder()
    monkeypatch.setenv("MODEL_PATH", str(tmp_path / "models" / "fake" / "path"))
    folders["path"] = folder()
    folders["flag"] = folder("--model", tmp_path / "models" / "fake" / "flag")
    assert folders == {"type": "used", "path": "path", "flag": "flag"}


def test_a_model_in_use_that_is_gone_says_the_way_back(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If the model in use is gone, commands name the command that goes back, and `models list` still lists."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))
    monkeypatch.delenv("MODEL_TYPE")
    (version,) = (store / "fake").iterdir()
    shutil.copytree(version, tmp_path / "models" / "fake" / "mine")
    assert run("models", "use", "fake/mine").returncode == 0
    shutil.rmtree(tmp_path / "models" / "fake")
    done = run("predict", "--text", "image")
    assert done.returncode == 3
    assert "models use --shipped" in done.sentence
    listed = run("models", "list")
    assert listed.returncode == 0
    assert b"models use --shipped" in listed.stderr
    assert run("models", "use", "--shipped").returncode == 0
    assert run("predict", "--text", "image").returncode == 0


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["fake", "--shipped"], 2), (["fake/none"], 3)])
def test_a_choice_that_cannot_be_is_one_sentence(run: Run, arguments: list[str], code: int) -> None:
    """`models use` refuses neither or both of REFERENCE and --shipped, and a missing model."""
    done = run("models", "use", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")


def test_a_model_is_shown(run: Run) -> None:
    """`models show` prints the contents of the manifest."""
    shown = run("models", "show", "fake").stdout.decode()
    assert "seed: 7\n" in shown
    assert "categories: " in shown


def test_a_damaged_model_does_not_verify(run: Run, store: Path, tmp_path: Path) -> None:
    """`models verify` ends with exit code 3 if a file was altered."""
    copy = tmp_path / "copy"
    shutil.copytree(next((store / "fake").iterdir()), copy)
    assert run("models", "verify", copy, "--json").returncode == 0
    (copy / "weights.json").write_text("{}")
    done = run("models", "verify", copy)
    assert done.returncode == 3
    assert "weights.json" in done.sentence


def test_a_format_nobody_knows_is_not_exported(run: Run, tmp_path: Path) -> None:
    """`models export` answers an unknown format with the known ones, and leaves no file."""
    done = run("models", "export", "fake", "--format", "onnx", "--output", tmp_path / "model.onnx")
    assert done.returncode == 2
    assert "'onnx'" in done.sentence
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("output", ["", "absent/model.keras"])
def test_an_export_that_cannot_be_written_says_so(run: Run, tmp_path: Path, output: str) -> None:
    """A folder, or a file in a missing folder, is refused as output."""
    done = run("models", "export", "fake", "--output", tmp_path / output)
    assert done.returncode == 2
    assert str(tmp_path) in done.sentence


def test_where_there_are_no_models_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`models list` of an empty store prints a sentence and succeeds."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "empty"))
    monkeypatch.setattr("entrypoints.resources.bundled_models", lambda: ())
    done = run("models", "list")
    assert done.returncode == 0
    assert done.stdout == b""
    assert b"train" in done.stderr


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_measured(run: Run, papers: Path) -> None:
    """If a file stands in place of the output folder, the error comes before the evaluation."""
    done = run("evaluate", "--models", "fake", "--dataset", papers, "--split", "all", "--output", papers / "report")
    assert done.returncode == 2
    assert "cannot be made" in done.sentence
    assert done.stdout == b""


def test_an_evaluation_that_fails_leaves_no_folder(run: Run, papers: Path, tmp_path: Path) -> None:
    """If no paper can be read, the empty output folder is removed."""
    papers.write_text("{\n")
    done = run("evaluate", "--models", "fake", "--dataset", papers, "--split", "all", "--output", tmp_path / "report")
    assert done.returncode != 0
    assert not (tmp_path / "report").exists()
