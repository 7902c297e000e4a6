"""`arxiv-classifier sweep`, with the kind `fake`, which learns in milliseconds."""

import contextlib
import json
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from domain.ports.tracker import Tracker
from entrypoints.registry import TRACKERS
from tests import fork_server
from tests.e2e.done import Done, Run
from tests.examples import json_lines, small_papers
from tests.fakes.sweep_report import FakeSweepReport
from tests.fakes.tracker import FakeTracker
from tests.waiting import until
from tests.wandb_server import WandbServer, serving

SWEEP = """
method: bayes
metric: {name: validation_score, goal: maximize}
parameters:
  learning_rate: {distribution: log_uniform_values, min: 0.001, max: 2.0}
  epochs: {values: [2, 3, 4]}
"""
SPY = FakeTracker()


def spy(options: Mapping[str, object], folder: Path) -> Tracker:
    """Returns a tracker whose runs the tests read."""
    return SPY


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Removes the log handlers that commands add."""
    before = list(logging.root.handlers)
    yield
    logging.root.handlers[:] = before


def write_papers(folder: Path, count: int) -> None:
    """Writes papers, a configuration and a sweep file into a folder.

    Every third paper is mislabelled, so that scores differ.
    """
    papers = small_papers(count)
    mixed = (
        paper if number % 3 else replace(paper, categories=papers[-number].categories)
        for number, paper in enumerate(papers)
    )
    (folder / "papers.jsonl").write_text(json_lines(mixed))
    (folder / "small.yaml").write_text("kind: fake\ncategories: [cs.LG, hep-th, math-ph, math.MP, cs.CV]\n")
    (folder / "s.yaml").write_text(SWEEP)


@pytest.fixture
def without_plots() -> Iterator[None]:
    """Replaces the report, because its plots take longer than the sweep itself."""
    from dependency_injector import providers

    from entrypoints.container import Container

    with Container.sweep_report.override(providers.Factory(FakeSweepReport)):
        yield


@pytest.fixture
def sweep(plotted_sweep: Callable[..., Done], without_plots: None) -> Callable[..., Done]:
    """Runs `sweep` on a few papers, with models in a folder `out`, and draws nothing."""
    return plotted_sweep


@pytest.fixture
def plotted_sweep(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs `sweep` on a few papers, with models in a folder `out`."""
    write_papers(tmp_path, 150)
    monkeypatch.delenv("MODEL_TYPE")
    base = ("sweep", "--config", "small.yaml", "--dataset", "papers.jsonl", "--split-by", "hash", "--output", "out")
    return lambda *more: run(*base, *(() if "--sweep" in more else ("--sweep", "s.yaml")), *more)


def trials_of(folder: Path) -> list[str]:
    """The trials whose models are in a folder."""
    return sorted(path.name for path in (folder / "models").iterdir())


def test_the_best_configuration_is_one_to_train_with(sweep: Callable[..., Done], run: Run, tmp_path: Path) -> None:
    """The output is YAML with every option, and `train --config` trains with these options."""
    done = sweep("--sweep-count", 4)
    assert done.returncode == 0, done.stderr.decode()
    printed = yaml.safe_load(done.stdout)
    best = tmp_path / "out" / "sweeps" / "s" / "best.yaml"
    assert best.read_bytes() == done.stdout
    assert f"--config {best.relative_to(tmp_path)}" in done.stderr.decode()
    trained = run("train", "--config", best, "--output", "trained", "--json")
    assert trained.returncode == 0, trained.stderr.decode()
    card = json.loads(next((tmp_path / "trained" / "fake").glob("*/manifest.json")).read_text())
    assert card["config"]["model"] == printed["model"]
    assert {name: card["config"][name] for name in ("kind", "dataset", "split_by", "seed", "categories")} == {
        name: printed[name] for name in ("kind", "dataset", "split_by", "seed", "categories")
    }


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose contents are hashed for a fingerprint, in order."""
    from adapters.datasets import file_fingerprint, files

    found: list[Path] = []

    def noted(parts: Iterable[tuple[str, Path]]) -> str:
        known = list(parts)
        found.extend(path for _, path in known)
        return file_fingerprint.fingerprint_of_files(known)

    monkeypatch.setattr(files, "fingerprint_of_files", noted)
    return found


def test_a_source_is_hashed_once(sweep: Callable[..., Done], run: Run, hashed: list[Path]) -> None:
    """A training hashes its papers once, and so does a sweep for all of its trials."""
    common = ("--config", "small.yaml", "--dataset", "papers.jsonl", "--split-by", "hash")
    assert run("train", *common, "--output", "trained").returncode == 0
    assert hashed == [Path("papers.jsonl")]
    hashed.clear()
    assert sweep("--sweep-count", 3).returncode == 0
    assert hashed == [Path("papers.jsonl")]


def test_the_first_trial_is_the_configuration_itself(sweep: Callable[..., Done]) -> None:
    """The first trial of a sweep has the options of a training without a sweep."""
    said = sweep("--sweep-count", 2, "--epochs", 3).stderr.decode()
    assert "trial 0  learning_rate 0.5  epochs 3" in said


def test_only_the_best_model_stays(sweep: Callable[..., Done], run: Run, tmp_path: Path) -> None:
    """It is a whole bundle with validation metrics, no test metrics, and which trial it is; checkpoints are gone."""
    done = sweep("--sweep-count", 4, "--json")
    best = json.loads(done.stdout)["best"]
    folder = tmp_path / "out" / "sweeps" / "s"
    assert trials_of(folder) == [f"trial-{best['trial']:04}"]
    assert not (folder / "workspaces").exists()
    assert f"Its model, as the trial trained it: {best['model']}" in done.stderr.decode()
    assert run("models", "register", best["model"]).returncode == 0
    card = json.loads((tmp_path / best["model"] / "manifest.json").read_text())
    assert set(card["metrics"]) == {"validation", "validation_without_titles"}
    assert card["config"]["sweep"] == {"name": "s", "trial": best["trial"], "parameters": best["parameters"]}
    assert run("models", "verify", best["model"]).returncode == 0


def test_a_sweep_that_is_finished_runs_nothing_more(sweep: Callable[..., Done]) -> None:
    """The same command prints the same result again. With a greater count it runs the rest."""
    first = sweep("--sweep-count", 2)
    again = sweep("--sweep-count", 2)
    assert again.stdout == first.stdout
    assert "of which 2 are finished" in again.stderr.decode()
    assert "epoch" not in again.stderr.decode()
    more = sweep("--sweep-count", 3).stderr.decode()
    assert set(re.findall(r"epoch \d+ .* trial=(\d+)\b", more)) == {"2"}


def test_the_report_has_plots_and_a_table(plotted_sweep: Callable[..., Done], tmp_path: Path) -> None:
    """The report is written at the end. --report-only writes the same report again."""
    said = plotted_sweep("--sweep-count", 7).stderr.decode()
    folder = tmp_path / "out" / "sweeps" / "s" / "report"
    assert "Report: out/sweeps/s/report/report.md" in said
    text = (folder / "report.md").read_text()
    for name in ("history.png", "parallel.png", "importance.png", "epochs.png"):
        assert f"]({name})" in text
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert len((folder / "trials.csv").read_text().splitlines()) == 8
    (folder / "report.md").unlink()
    again = plotted_sweep("--sweep-count", 7, "--report-only")
    assert again.returncode == 0
    assert (folder / "report.md").read_text() == text
    assert "epoch" not in again.stderr.decode()


def test_the_tracker_hears_of_each_trial(sweep: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trial is a run with the sweep's name, its number and its parameters in the configuration."""
    monkeypatch.setitem(TRACKERS, "spy", "tests.e2e.test_cli_sweep:spy")
    SPY.runs.clear()
    assert sweep("--sweep-count", 2, "--tracker", "spy").returncode == 0
    assert [run.name for run in SPY.runs] == ["s-trial-0000", "s-trial-0001"]
    swept = SPY.runs[1].config["sweep"]
    assert isinstance(swept, dict)
    assert (swept["name"], swept["trial"], set(swept["parameters"])) == ("s", 1, {"learning_rate", "epochs"})
    assert all(run.succeeded for run in SPY.runs)
    assert all(run.epochs for run in SPY.runs)


@pytest.fixture
def wandb_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """A fake server of Weights & Biases that has one run for the sweep."""
    import wandb

    wandb.teardown()
    with serving(WandbServer([{"learning_rate": 0.5, "epochs": 2}])) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        yield server
        wandb.teardown()


def test_a_sweep_of_wandb_goes_where_tracking_says(
    sweep: Callable[..., Done], tmp_path: Path, wandb_server: WandbServer
) -> None:
    """`tracking: {entity, project}` sets the sweeper's project, also without a tracker."""
    with (tmp_path / "small.yaml").open("a") as file:
        file.write("tracking: {entity: me, project: papers}\n")
    done = sweep("--sweeper", "wandb", "--sweep-count", 1)
    assert done.returncode == 0, done.sentence
    place = json.loads((tmp_path / "out" / "sweeps" / "s" / "wandb.json").read_text())["place"]
    assert (place["entity"], place["project"]) == ("me", "papers")
    assert yaml.safe_load(done.stdout)["model"]["learning_rate"] == 0.5


def test_a_run_of_wandbs_sweep_has_all_that_a_training_records(
    sweep: Callable[..., Done], wandb_server: WandbServer
) -> None:
    """A run of the sweeper records configuration, environment, run id, tags, charts, tables and the model."""
    assert sweep("--sweeper", "wandb", "--sweep-count", 1).returncode == 0
    config = wandb_server.config("run0")
    assert (config["kind"], config["seed"], config["model"]["learning_rate"]) == ("fake", 0, 0.5)
    assert config["environment"]["python"] and config["run_id"]
    assert config["learning_rate"] == 0.5  # which is what W&B's own plots of a sweep read
    assert {bucket["name"] for bucket in wandb_server.buckets} == {"run0"}
    assert ["sweep", "s"] in [bucket["tags"] for bucket in wandb_server.buckets]
    assert "model" in {artifact["input"]["artifactTypeName"] for artifact in wandb_server.artifacts}
    assert wandb_server.exit_code("run0") == 0


def test_time_that_is_up_is_told(sweep: Callable[..., Done], tmp_path: Path) -> None:
    """When the time is up, the current trial is kept for later, and the command names the command that goes on."""
    done = sweep("--sweep-count", 2, "--timeout", 0.000001)
    assert done.returncode == 0
    assert done.stdout == b""
    assert "Time is up after 0 of 2 trials. The same command goes on." in done.stderr.decode()
    assert sweep("--sweep-count", 2).returncode == 0


def test_trials_that_all_fail_end_it_with_the_reason(sweep: Callable[..., Done], tmp_path: Path) -> None:
    """If no model can be written, the third trial is the last, and the sentence has the reason."""
    blocked = tmp_path / "out" / "sweeps" / "s"
    blocked.mkdir(parents=True)
    (blocked / "models").write_text("in the way")
    done = sweep("--sweep-count", 9)
    assert done.returncode == 1
    assert "The last 3 trials failed alike" in done.stderr.decode()
    assert "cannot be written" in done.stderr.decode()
    (blocked / "models").unlink()
    assert sweep("--sweep-count", 5).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "file", "code", "wanted"),
    [
        (("--sweep", "absent.yaml"), None, 2, "absent.yaml cannot be read"),
        (
            (),
            "method: bayes\nparameters: {learning_rat: {value: 1}}",
            2,
            "'learning_rat'. Did you mean 'learning_rate'",
        ),
        ((), "method: bayes\nparameters: {epochs: {values: [1, 0]}}", 2, "parameters.epochs: Model fake: epochs is a"),
        ((), "method: bayes\nparameters: {epochs: {values: [1, 2]}}\nprogram: x.py", 2, "program"),
        ((), "method: bayes\nparameters: {epochs: {values: [true, 0]}}", 2, "parameters.epochs: Model fake: epochs is"),
        ((), "method: bayes\nparameters: {seed: {min: 0.0, max: 5.0}}", 2, "parameters.seed: A seed is a whole number"),
        ((), "method: bayes\nparameters: {seed: {values: [1, x]}}", 2, "from 0 to 4294967295, and not 'x'"),
        ((), "method: bayes\nparameters: {seed: {values: [-1, 2]}}", 2, "from 0 to 4294967295, and not -1"),
        (("--report-only",), None, 2, "no sweep 's' in out/sweeps to report on. There is none yet"),
        ((), "method: [", 2, "is not YAML"),
        (("--name", "../elsewhere"), None, 2, "cannot be called '../elsewhere'"),
        (("--sweeper", "rayt"), None, 2, "no sweeper 'rayt'. Known are: optuna, wandb"),
        (("--sweeper", "wandb"), None, 2, "Set WANDB_API_KEY, or leave --sweeper out"),
        (("--sweeper", "wandb", "--pruner", "median"), None, 2, "by hyperband alone"),
        (("--storage", "://"), None, 2, "not a readable database URL"),
        (("--dataset", "absent.jsonl"), None, 4, "absent.jsonl"),
        (("--model-type", "ensemble"), None, 2, "made of stored models"),
    ],
)
def test_a_mistake_is_one_sentence(
    sweep: Callable[..., Done],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: Sequence[str],
    file: str | None,
    code: int,
    wanted: str,
) -> None:
    """A mistake is found before the first trial, and has the exit code of its kind."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    if file is not None:
        (tmp_path / "s.yaml").write_text(file)
    done = sweep(*arguments)
    assert done.returncode == code
    assert wanted in done.sentence


def test_two_sweeps_of_one_name_are_told_apart(sweep: Callable[..., Done], tmp_path: Path) -> None:
    """Other papers, options or ranges are another sweep, which needs another name."""
    assert sweep("--sweep-count", 1).returncode == 0
    other = sweep("--sweep-count", 1, "--limit-samples", 50)
    assert other.returncode == 2
    assert "its limit_samples is null, and 50 here" in other.sentence
    (tmp_path / "s.yaml").write_text(SWEEP.replace("2.0", "3.0"))
    wider = sweep("--sweep-count", 1)
    assert "its sweep.parameters.learning_rate.max is 2.0, and 3.0 here" in wider.sentence
    assert sweep("--sweep-count", 1, "--name", "wider").returncode == 0


def test_a_report_of_no_sweep_makes_none(sweep: Callable[..., Done], tmp_path: Path) -> None:
    """The error lists the existing sweeps, and nothing is written."""
    assert sweep("--sweep-count", 1).returncode == 0
    done = sweep("--report-only", "--name", "absent", "--storage", "no/such/journal.log")
    assert done.returncode == 2
    assert "There is no sweep 'absent' in out/sweeps to report on. Those there are: s." in done.sentence
    assert [path.name for path in (tmp_path / "out" / "sweeps").iterdir()] == ["s"]
    assert not (tmp_path / "no").exists()


def test_every_line_of_its_log_says_whose_it_is(sweep: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every log line has the sweep and the run id, and those of a trial share its number. Papers are split once."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "json")
    lines = [json.loads(line) for line in sweep("--sweep-count", 2).stderr.splitlines()]
    assert [line["event"] for line in lines if not {"run_id", "sweep"} <= set(line)] == []
    assert {type(line["trial"]) for line in lines if "trial" in line} == {int}
    of_trials = [(line["trial"], line["run_id"]) for line in lines if "trial" in line and line["event"] != "sweep_won"]
    assert len(set(of_trials)) == 2
    events = [line["event"] for line in lines]
    assert (events.count("papers_split"), events.count("trial_started"), events.count("trial_finished")) == (1, 2, 2)


def test_a_folder_is_of_one_sweep_wherever_that_is_remembered(
    sweep: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep of the same name with another storage or sweeper is refused, and the first one is unchanged."""
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    assert sweep("--sweep-count", 2).returncode == 0
    folder = tmp_path / "out" / "sweeps" / "s"
    models, best = trials_of(folder), (folder / "best.yaml").read_bytes()
    for more, wanted in (
        (("--storage", "other.log"), 'its storage is "journal.log", and "'),
        (("--storage", "sqlite:///other.db"), 'its storage is "journal.log", and "sqlite:///other.db" here'),
        (("--sweeper", "wandb"), 'its sweeper is "optuna", and "wandb" here'),
    ):
        other = sweep("--sweep-count", 1, *more)
        assert (other.returncode, wanted in other.sentence) == (2, True)
    assert (trials_of(folder), (folder / "best.yaml").read_bytes()) == (models, best)
    assert not list(tmp_path.glob("other*"))


def test_a_sweep_whose_journal_is_gone_keeps_its_models(sweep: Callable[..., Done], tmp_path: Path) -> None:
    """A sweep without its journal is an error with the remedy.

    A new journal would count from 0 and remove the models.
    """
    assert sweep("--sweep-count", 2).returncode == 0
    folder = tmp_path / "out" / "sweeps" / "s"
    models = trials_of(folder)
    journal = folder / "journal.log"
    for left, how in ((journal.read_bytes()[:40], "empty"), (None, "gone")):
        journal.write_bytes(left) if left else journal.unlink()
        again = sweep("--sweep-count", 2)
        assert again.returncode == 4
        assert f"journal.log of the sweep 's' is {how}. Put a copy of it in its place" in again.sentence
        assert trials_of(folder) == models


Start = Callable[..., fork_server.Process]


@pytest.fixture
def big(tmp_path: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts a sweep with trials of about a second, in a process of its own that writes to files."""
    write_papers(tmp_path, 600)
    (tmp_path / "s.yaml").write_text(SWEEP.replace("[2, 3, 4]", "[6, 7]"))
    arguments = ["sweep", "--config", "small.yaml", "--dataset", "papers.jsonl", "--split-by", "hash"]
    arguments += ["--sweep", "s.yaml", "--output", "out", "--sweep-count", "4"]
    environment.pop("MODEL_TYPE")
    started: list[fork_server.Process] = []

    def start(*more: str, **variables: str) -> fork_server.Process:
        with (tmp_path / "stdout").open("wb") as out, (tmp_path / "stderr").open("ab") as err:
            process = fork_server.start(
                [*arguments, *more],
                cwd=tmp_path,
                env={**environment, **variables},
                stdout=out,
                stderr=err,
                module="tests.e2e.fake_command",
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def said(folder: Path, wanted: str, *, times: int = 1, seconds: float = 250) -> None:
    """Waits until a text is on stderr for the given number of times."""
    deadline = time.monotonic() + seconds
    while len(re.findall(wanted, (folder / "stderr").read_text())) < times:
        assert time.monotonic() < deadline, (folder / "stderr").read_text()
        time.sleep(0.02)


def complete(folder: Path) -> list[list[str]]:
    """The rows of trials.csv."""
    rows = (folder / "out" / "sweeps" / "s" / "report" / "trials.csv").read_text().splitlines()[1:]
    return [row.split(",") for row in rows]


@pytest.mark.timeout(300)
def test_a_killed_sweep_goes_on(big: Start, tmp_path: Path) -> None:
    """After kill -9 in the middle of a trial, the same command goes on with that trial after its last epoch."""
    killed = big(FAKE_STOPS_IN="2")
    said(tmp_path, r"epoch 2 .* trial=1\b")
    killed.kill()
    killed.wait()
    before = (tmp_path / "stderr").read_text()
    (tmp_path / "stderr").write_text("")
    resumed = big()
    assert resumed.wait(250) == 0, (tmp_path / "stderr").read_text()
    after = (tmp_path / "stderr").read_text()
    assert "of which 1 are finished" in after
    assert not re.search(r"epoch .* trial=0\b", after)
    # The trial comes again under a new number, and its first epoch is not trained again.
    assert not re.search(r"epoch 1 .* trial=2\b", after)
    assert re.search(r"trial 2  learning_rate (\S+)  epochs (\d)", after)[0].replace("trial 2", "trial 1") in before  # type: ignore[index]  # asserted by failing
    rows = complete(tmp_path)
    assert [row[1] for row in rows] == ["complete"] * 4
    assert all(row[4] in ("6", "7") for row in rows), rows


def children_of(parent: fork_server.Process) -> list[int]:
    """The processes that a process has started."""
    return [int(pid) for pid in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]


def ended(parent: fork_server.Process) -> bool:
    """Returns whether a process has ended."""
    if parent.poll() is None:
        for child in children_of(parent):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)
    return parent.poll() is not None


@pytest.mark.timeout(300)
def test_workers_share_the_trials_and_survive_one_another(big: Start, tmp_path: Path) -> None:
    """Two processes run the trials. After kill -9 of one, the other runs the rest, each trial once."""
    parent = big("--workers", "2", FAKE_STOPS_IN="1")
    said(tmp_path, r"epoch 2 .* trial=\d\b", times=2)
    children = children_of(parent)
    assert len(children) == 2
    os.kill(children[0], signal.SIGKILL)
    until(lambda: ended(parent), seconds=250)
    told = (tmp_path / "stderr").read_text()
    assert parent.returncode == 0, told
    assert "was killed by SIGKILL; another takes its trial up" in told
    assert yaml.safe_load((tmp_path / "stdout").read_bytes())["kind"] == "fake"
    assert [row[1] for row in complete(tmp_path)] == ["complete"] * 4


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stopped_sweep_leaves_its_trials_to_the_next(
    big: Start, tmp_path: Path, number: signal.Signals, code: int, workers: str
) -> None:
    """SIGTERM and Control-C end all of its processes without partial files, and the same command finishes the sweep."""
    parent = big("--workers", workers)
    said(tmp_path, r"epoch 1 .* trial=\d\b", times=int(workers))
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    parent.send_signal(number)
    assert parent.wait(60) == code, (tmp_path / "stderr").read_text()
    assert "Traceback" not in (tmp_path / "stderr").read_text()
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    # A checkpoint under way is written anew; nothing else may be half there.
    assert not [path for path in (tmp_path / "out").rglob("*.part") if "workspaces" not in path.parts]
    assert big("--workers", workers).wait(250) == 0
    assert [row[1] for row in complete(tmp_path)] == ["complete"] * 4


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_workers_end_with_the_process_that_started_them(big: Start, tmp_path: Path) -> None:
    """After kill -9 of the parent, the workers stop, and the next command resumes their trials."""
    parent = big("--workers", "2")
    said(tmp_path, r"epoch 1 .* trial=\d\b", times=2)
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    parent.kill()
    parent.wait()
    lines = [Path(f"/proc/{child}/cmdline") for child in children]
    until(lambda: not any(line.exists() and line.read_bytes() for line in lines), seconds=30)
    assert big().wait(250) == 0
    assert [row[1] for row in complete(tmp_path)] == ["complete"] * 4
