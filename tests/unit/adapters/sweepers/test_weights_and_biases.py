"""An agent of a Weights & Biases sweep, with a server on this machine and the real library."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.sweepers.wandb_api import WandbApi
from adapters.sweepers.weights_and_biases import WeightsAndBiasesSweeper, build
from application.sweep import Sweep, SweepCommand
from domain.errors import ConfigurationError, SweepStorageError
from domain.ports.classifier import Epoch
from domain.ports.sweeper import Trial
from domain.sweep import Metric, TrialState
from tests.sweeps import SMALL, small_plan
from tests.wandb_server import WandbServer, serving

KEY = "k" * 40


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """A server that has three runs for this process."""
    import wandb

    runs = [{"learning_rate": 0.1 * (number + 1), "epochs": 3} for number in range(3)]
    wandb.teardown()  # what tests before this one left, which remembers another address
    with serving(WandbServer(runs)) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        yield server
        wandb.teardown()  # which remembers the server's address for the process


def agent(folder: Path, **options: Any) -> WeightsAndBiasesSweeper:
    """An agent of the sweep that a folder knows of."""
    plan = options.pop("plan", small_plan(3))
    api = WandbApi(waits=options.pop("waits", ()), sleep=options.pop("sleep", lambda seconds: None))
    return WeightsAndBiasesSweeper(plan, folder, storage=None, options=options, api=api)


def learn(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
    """Three epochs, the second of which is the best."""
    for number, value in enumerate((0.1, 0.5, 0.4), start=1):
        on_epoch(Epoch(number, {"validation_score": value + trial.number / 100, "train_loss": 1 / number}))


def test_a_whole_sweep(server: WandbServer, tmp_path: Path) -> None:
    """The server is given the sweep file, each run belongs to the sweep and has its metrics by epoch and best score."""
    server.stop_after = {"run1": 2}
    sweeper = agent(tmp_path, entity="me", project="papers")
    result = Sweep(sweeper, learn)(SweepCommand(Metric()))
    config = server.configs[0]
    assert (config["method"], config["name"], config["run_cap"]) == ("random", "small", 3)
    assert config["parameters"] == SMALL["parameters"]
    assert config["metric"] == {"name": "validation_score", "goal": "maximize"}
    assert server.sweeps_of_runs == {"run0": "sw1", "run1": "sw1", "run2": "sw1"}
    assert server.history("run0", "validation_score") == pytest.approx([0.1, 0.5, 0.4])
    assert server.history("run2", "train_loss") == pytest.approx([1, 1 / 2, 1 / 3])
    assert server.history("run1", "validation_score") == pytest.approx([0.11, 0.51])
    assert [str(record.state) for record in result.records] == ["complete", "pruned", "complete"]
    assert result.best is not None
    assert result.best.number == 2
    assert result.best.score == pytest.approx(0.52)
    assert [server.exit_code(f"run{number}") for number in range(3)] == [0, 0, 0]
    assert server.keys <= {f"Basic {base64.b64encode(f'api:{KEY}'.encode()).decode()}"}


def test_a_failed_trial_is_a_failed_run(server: WandbServer, tmp_path: Path) -> None:
    """Its run ends with an exit code that is not 0, and the agent goes on with the next."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        if trial.number == 0:
            raise ConfigurationError("The training came apart.")
        learn(trial, on_epoch)

    sweeper = agent(tmp_path)
    result = Sweep(sweeper, train)(SweepCommand(Metric()))
    assert [record.reason for record in result.records] == ["The training came apart", "", ""]
    assert [server.exit_code(f"run{number}") for number in range(3)] == [1, 0, 0]


def test_an_interrupted_trial_is_resumed(server: WandbServer, tmp_path: Path) -> None:
    """It goes back as preempted; when the server hands its run out again, it is the same trial with its epochs."""
    first = agent(tmp_path)
    trial = first.next_trial()
    assert trial is not None
    trial.report({"validation_score": 0.3}, epoch=1)
    trial.give_back()
    assert server.exit_code("run0") == 1
    server.again = ["run0"]
    second = agent(tmp_path)
    again = second.next_trial()
    assert again is not None
    assert (again.number, again.origin, dict(again.epochs)) == (0, 0, {1: 0.3})
    again.complete(0.4)
    assert [record.epochs for record in second.records()] == [{1: 0.3}]
    assert len(server.configs) == 1  # joined, and not made a second time


def test_another_machine_joins_by_name(server: WandbServer, tmp_path: Path) -> None:
    """ENTITY/PROJECT/ID in place of a folder that knows the sweep."""
    sweeper = build(small_plan(3), storage="me/papers/abc", folder=tmp_path, options={})
    trial = sweeper.next_trial()
    assert trial is not None
    trial.complete(0.1)
    assert server.configs == []
    assert server.sweeps_of_runs == {"run0": "abc"}
    with pytest.raises(ConfigurationError, match="named ENTITY/PROJECT/ID"):
        build(small_plan(3), storage="abc", folder=tmp_path, options={})
    with pytest.raises(ConfigurationError, match='its storage is "me/papers/abc", and "me/papers/other" here'):
        build(small_plan(3), storage="me/papers/other", folder=tmp_path, options={})


def test_a_file_that_was_cut_short_is_named(server: WandbServer, tmp_path: Path) -> None:
    """Half of what says which sweep at W&B it is makes no second sweep there, but an error."""
    agent(tmp_path)
    path = tmp_path / "wandb.json"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(SweepStorageError, match=r"wandb\.json cannot be read"):
        agent(tmp_path)
    assert len(server.configs) == 1


def test_another_sweep_in_the_folder_is_refused(server: WandbServer, tmp_path: Path) -> None:
    """The error names the difference, and no second sweep is made on the server."""
    agent(tmp_path)
    with pytest.raises(ConfigurationError, match=r'another sweep .small. in .*sweep\.method is "random", and "bayes"'):
        agent(tmp_path, plan=small_plan(3, method="bayes"))
    assert len(server.configs) == 1


def test_nested_parameters_have_joined_names(server: WandbServer, tmp_path: Path) -> None:
    """A mapping from the server gets the names of the sweep file."""
    nested = {"model": {"parameters": {"learning_rate": {"min": 0.1, "max": 0.9}}}}
    server.parameters = [{"model": {"learning_rate": 0.25}}]
    trial = agent(tmp_path, plan=small_plan(1, parameters=nested)).next_trial()
    assert trial is not None
    assert dict(trial.parameters) == {"model.learning_rate": 0.25}
    trial.complete(0.1)


def test_a_refused_key_is_named_and_not_shown(server: WandbServer, tmp_path: Path) -> None:
    """401 is no fault to wait out."""
    server.status = 401
    with pytest.raises(ConfigurationError, match="does not take the key in WANDB_API_KEY") as caught:
        agent(tmp_path)
    assert KEY not in str(caught.value)


def test_a_server_that_is_away_is_asked_again(server: WandbServer, tmp_path: Path) -> None:
    """It is waited for. If it stays away, the error says that the same command goes on, and records are kept."""
    sweeper = agent(tmp_path)
    trial = sweeper.next_trial()
    assert trial is not None
    trial.complete(0.6)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            server.status = 200

    server.status = 503
    with pytest.raises(SweepStorageError, match=r"does not answer: .*repeat the command to continue"):
        agent(tmp_path, waits=(1.0,)).next_trial()
    assert agent(tmp_path, waits=(1.0, 2.0, 4.0), sleep=sleep).next_trial() is not None
    assert slept == [1.0, 2.0]
    first = sweeper.records()[0]
    assert (first.state, first.score) == (TrialState.COMPLETE, 0.6)
    import wandb

    assert wandb.run is not None
    wandb.run.finish(exit_code=1)


def test_a_deleted_sweep_is_named(server: WandbServer, tmp_path: Path) -> None:
    """404 for an agent means that the sweep is gone."""
    sweeper = agent(tmp_path)
    server.status = 404
    with pytest.raises(SweepStorageError, match=r"not at Weights & Biases any more\. Start another with --name"):
        sweeper.next_trial()


def test_without_a_key_there_is_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which variable is missing, and what needs none; `wandb login` is as good."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(ConfigurationError, match="Set WANDB_API_KEY, or leave --sweeper out: Optuna needs none"):
        build(small_plan(3), storage=None, folder=tmp_path, options={})
    (tmp_path / "netrc").write_text(f"machine api.wandb.ai login user password {KEY}\n")
    assert WandbApi().base == "https://api.wandb.ai"


@pytest.mark.parametrize("state", ["RUNNING", "FINISHED"])
def test_a_greater_count_is_told_the_server(server: WandbServer, tmp_path: Path, state: str) -> None:
    """The sweep's run_cap grows with --sweep-count, once, and a sweep that had finished runs on. No other changes."""
    agent(tmp_path)
    agent(tmp_path, plan=small_plan(2))
    assert server.updates == []
    server.state = state
    agent(tmp_path, plan=small_plan(5))
    agent(tmp_path, plan=small_plan(5))
    (update,) = server.updates
    assert (update["id"], update["entityName"], update["projectName"]) == (
        "U3dlZXA6MQ==",
        "someone",
        "arxiv-classifier",
    )
    assert update["config"] == {**server.configs[0], "run_cap": 5}
    assert update.get("state") == (None if state == "RUNNING" else "RUNNING")
    assert server.state == "RUNNING"


def test_a_count_that_the_server_will_not_reach_is_told(
    server: WandbServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the server keeps the number of runs that a sweep was made for, a greater one comes with a warning."""
    agent(tmp_path)
    server.fixed = True
    agent(tmp_path, plan=small_plan(5))
    assert "for 3 trials in all, and ends there: Weights & Biases refuses the sweep: run_cap cannot be" in caplog.text


@pytest.mark.parametrize("mode", ["offline", "disabled", "dryrun"])
def test_a_sweep_without_its_server_is_refused(
    server: WandbServer, tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mode is named before a sweep is made, since its server chooses the trials. The setting goes first."""
    with pytest.raises(ConfigurationError, match=f"as its server chooses the trials, and .* says mode: {mode}"):
        build(small_plan(3), storage=None, folder=tmp_path, options={"mode": mode})
    monkeypatch.setenv("WANDB_MODE", mode)
    with pytest.raises(ConfigurationError, match=f"the environment says WANDB_MODE={mode}. Leave that out"):
        build(small_plan(3), storage=None, folder=tmp_path, options={})
    assert server.configs == []
    sweeper = build(small_plan(3), storage=None, folder=tmp_path, options={"mode": "online"})
    trial = sweeper.next_trial()
    assert trial is not None
    trial.complete(0.5)
    assert server.sweeps_of_runs == {"run0": "sw1"}


def test_half_a_line_does_not_hide_the_others(server: WandbServer, tmp_path: Path) -> None:
    """A partial line of a killed process is skipped, and the lines after it are read."""
    sweeper = agent(tmp_path)
    first = sweeper.next_trial()
    assert first is not None
    first.complete(0.6)
    with (tmp_path / "trials.jsonl").open("a") as file:
        file.write('{"what": "epoch", "tri')
    second = sweeper.next_trial()
    assert second is not None
    second.complete(0.7)
    assert [record.score for record in sweeper.records()] == [0.6, 0.7]
    assert json.loads((tmp_path / "wandb.json").read_text())["place"]["sweep"] == "sw1"
