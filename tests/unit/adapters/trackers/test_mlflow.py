"""The MLflow tracker, against the real library and a local database: what it records, where, and what a fault costs."""

import json
import logging
import multiprocessing
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.trackers.mlflow import MlflowOptions, MlflowTracker, build
from application.runs.tracking import Leniency, SafeTracker
from domain.charts import BarChart, Table
from domain.errors import ConfigurationError
from domain.ports.tracker import Tracker
from domain.secrets import Redactor
from tests.unit.adapters.trackers.mlflow_server import MlflowServer, serving

SECRET = "s3cr3t-0123456789"


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the library's environment variables."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path, empty_mlflow: Callable[[Path], None]) -> Path:
    """Where runs may be written, with an empty database."""
    empty_mlflow(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A bundle."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"1234")
    return tmp_path / "model"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Returns a port of this machine at which no server listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Returns the log lines about failures."""
    return [record.getMessage() for record in caplog.records if record.name == "application.runs.tracking"]


def recorded(folder: Path) -> list[Any]:
    """Every run in a folder's database, oldest first, read with the library's own client."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return sorted(client.search_runs(experiments), key=lambda run: int(run.info.start_time))


def files_of(folder: Path) -> dict[str, Path]:
    """The artifacts of the only run of a folder, by their path inside the run."""
    (place,) = (folder / "mlflow-artifacts").glob("*/artifacts")
    return {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}


def test_records_everything_of_a_run(folder: Path, model: Path) -> None:
    """Parameters, metrics of each epoch, final metrics, tags, tables, charts, the model and the end are there."""
    config = {
        "epochs": 2,
        "model": {"hidden": [8, 4]},
        "environment": {"python": "3.11", "commit": "abc", "libraries": {"numpy": "2.0"}},
        "sweep": {"name": "wide", "trial": 3},
    }
    run = MlflowTracker(folder).start("nightly", config)
    run.log({"loss": 0.5, "precision@1": 0.25}, step=1)
    run.log({"loss": 0.25}, step=2)
    run.log({"test/micro_f1": 0.7})
    run.log_table("test/examples", Table(("id", "right"), (("a", True), (None, False))))
    run.log_chart("test/f1", BarChart("F1", "category", "F1", (("cs.LG", 0.5),)))
    run.log_model(model, name="baseline", aliases=("20261120T101112Z",))
    run.finish(succeeded=True)
    (found,) = recorded(folder)
    assert (found.info.run_name, found.info.status) == ("nightly", "FINISHED")
    assert found.data.params["epochs"] == "2" and found.data.params["model.hidden"] == "[8, 4]"
    assert not [key for key in found.data.params if key.startswith("environment")]
    assert found.data.metrics == {"loss": 0.25, "precision_at_1": 0.25, "test/micro_f1": 0.7}
    tags = found.data.tags
    assert (tags["environment.libraries.numpy"], tags["mlflow.source.git.commit"]) == ("2.0", "abc")
    assert (tags["sweep"], tags["sweep.trial"], tags["sweep.pruned"]) == ("wide", "3", "false")
    assert (tags["model"], tags["model.aliases"]) == ("baseline", "20261120T101112Z")
    files = files_of(folder)
    assert files["model/weights.bin"].read_bytes() == b"1234"
    assert json.loads(files["tables/test/examples.json"].read_text())["data"] == [["a", True], [None, False]]
    assert files["charts/test/f1.png"].read_bytes().startswith(b"\x89PNG")
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "tables/test/examples.json", "type": "table"}]


def test_pruned_trials_are_found_by_a_tag(folder: Path) -> None:
    """MLflow's own filter finds the pruned trials of a sweep, and the others."""
    from mlflow.tracking import MlflowClient

    for trial in range(3):
        run = MlflowTracker(folder).start(f"trial-{trial}", {"sweep": {"name": "wide", "trial": trial}})
        if trial == 1:
            run.mark_pruned()
        run.finish(succeeded=True)
    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("arxiv-classifier")
    assert experiment is not None
    for value, wanted in (("true", ["trial-1"]), ("false", ["trial-0", "trial-2"])):
        found = client.search_runs([experiment.experiment_id], f"tags.`sweep.pruned` = '{value}'")
        assert sorted(str(run.info.run_name) for run in found) == wanted


def test_metrics_have_their_epoch(folder: Path) -> None:
    """The history of a metric has a step for each epoch."""
    from mlflow.tracking import MlflowClient

    run = MlflowTracker(folder).start("nightly", {})
    for epoch in (1, 2, 3):
        run.log({"loss": 1 / epoch}, step=epoch)
    run.finish(succeeded=False)
    (found,) = recorded(folder)
    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(each.step, each.value) for each in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert found.info.status == "FAILED"


def test_no_user_and_no_source_is_recorded(folder: Path) -> None:
    """The library's own tags of user and program are not set."""
    MlflowTracker(folder).start("nightly", {}).finish(succeeded=True)
    (found,) = recorded(folder)
    assert set(found.data.tags) == {"mlflow.runName"}
    assert found.info.user_id in ("", "unknown")


def test_the_address_may_come_from_the_environment(
    folder: Path, tmp_path: Path, empty_mlflow: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLFLOW_TRACKING_URI says where runs go, and an option says it louder."""
    for name in ("elsewhere", "third"):
        empty_mlflow(tmp_path / name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'elsewhere' / 'runs' / 'mlflow.db'}")
    MlflowTracker(folder).start("one", {}).finish(succeeded=True)
    assert [run.info.run_name for run in recorded(tmp_path / "elsewhere" / "runs")] == ["one"]
    options = MlflowOptions(uri=f"sqlite:///{tmp_path / 'third' / 'runs' / 'mlflow.db'}", experiment="papers")
    MlflowTracker(folder, options).start("two", {}).finish(succeeded=True)
    assert [run.info.run_name for run in recorded(tmp_path / "third" / "runs")] == ["two"]


def a_run(tracker: Tracker, model: Path) -> float:
    """How many seconds a short run takes with a tracker."""
    started = time.monotonic()
    run = tracker.start("nightly", {"epochs": 3})
    for epoch in (1, 2, 3):
        run.log({"loss": 1 / epoch}, step=epoch)
    run.log_model(model, name="baseline")
    run.finish(succeeded=True)
    return time.monotonic() - started


def test_a_server_that_is_down_costs_seconds(
    folder: Path, model: Path, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a server at the address, the run ends normally. Two lines say so, without the address's password."""
    options = MlflowOptions(uri=f"http://me:{SECRET}@127.0.0.1:{closed_port}")
    with caplog.at_level(logging.INFO):
        seconds = a_run(SafeTracker(MlflowTracker(folder, options), Leniency("mlflow", redactor=Redactor())), model)
    assert seconds < 60
    lines = said(caplog)
    assert len(lines) == 2 and SECRET not in caplog.text
    assert "did not take the start" in lines[0] and "127.0.0.1" in lines[0]
    assert lines[1] == "Tracker mlflow recorded nothing of the run nightly."


def test_a_server_that_never_answers_costs_seconds(
    folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that takes the connection and says nothing is given up after its time-out."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0), backlog=32) as silent:
        options = MlflowOptions(uri=f"http://127.0.0.1:{silent.getsockname()[1]}")
        seconds = a_run(SafeTracker(MlflowTracker(folder, options), Leniency("mlflow", patience=5)), model)
    assert seconds < 40
    assert said(caplog)[-1] == "Tracker mlflow recorded nothing of the run nightly."


def test_a_server_that_is_down_for_a_while_is_caught_up(
    folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Metrics of an outage in the middle reach the server once it is back, and the log says so; stdout stays empty."""
    with serving(MlflowServer()) as server:
        tracker = SafeTracker(MlflowTracker(folder, MlflowOptions(uri=server.url)), Leniency("mlflow"))
        run = tracker.start("nightly", {"epochs": 3})
        run.log({"loss": 3.0}, step=1)
        server.status = 503
        run.log({"loss": 2.0}, step=2)
        server.status = 200
        run.log({"loss": 1.0}, step=3)
        run.finish(succeeded=True)
    assert server.params == {"epochs": "3"}
    assert server.metrics == {("loss", 1): 3.0, ("loss", 2): 2.0, ("loss", 3): 1.0}
    assert server.ended == ["FINISHED"]
    assert capfd.readouterr().out == ""
    assert "did not take the metrics of epoch 2 of the run nightly" in said(caplog)[0]
    assert said(caplog)[-1] == "Tracker mlflow works again: nothing of the run nightly is lost."


def test_a_server_that_is_gone_at_the_end_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If the end cannot be sent, the run looks unfinished on the server, and a line says what it lacks."""
    with serving(MlflowServer()) as server:
        tracker = SafeTracker(MlflowTracker(folder, MlflowOptions(uri=server.url)), Leniency("mlflow"))
        run = tracker.start("nightly", {})
        run.log({"loss": 3.0}, step=1)
    started = time.monotonic()
    run.log({"test/micro_f1": 0.5})
    run.finish(succeeded=True)
    assert time.monotonic() - started < 30
    assert server.ended == []
    assert said(caplog)[-1] == "Tracker mlflow lost of the run nightly: final metrics and the end."


def test_a_database_that_is_removed_in_the_middle(folder: Path, model: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run goes on to its end without the database, and the lost records are logged."""
    run = SafeTracker(MlflowTracker(folder), Leniency("mlflow")).start("nightly", {})
    run.log({"loss": 1.0}, step=1)
    for path in folder.glob("mlflow.db*"):
        path.unlink()
    run.log({"loss": 0.5}, step=2)
    run.log_model(model, name="baseline")
    run.finish(succeeded=True)
    last = said(caplog)[-1]
    assert last.startswith("Tracker mlflow lost of the run nightly: the metrics of epoch 2")
    assert last.endswith("and the end.")


@pytest.mark.slow
def test_a_database_that_is_locked_for_a_while_is_caught_up(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Records made while another program locked the database are in it at the end. The library waits 20 s by itself."""
    import sqlite3

    run = SafeTracker(MlflowTracker(folder), Leniency("mlflow")).start("nightly", {})
    holder = sqlite3.connect(folder / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    run.log({"loss": 1.0}, step=1)
    holder.execute("ROLLBACK")
    holder.close()
    run.log({"loss": 0.5}, step=2)
    run.finish(succeeded=True)
    (found,) = recorded(folder)
    assert (found.data.metrics["loss"], found.info.status) == (0.5, "FINISHED")
    assert "database is locked" in said(caplog)[0]
    assert said(caplog)[-1] == "Tracker mlflow works again: nothing of the run nightly is lost."


def _one_of_two(folder: Path, name: str, start: Any) -> None:
    start.wait()
    run = MlflowTracker(folder).start(name, {"name": name})
    for epoch in range(1, 6):
        run.log({"loss": 1 / epoch}, step=epoch)
    run.finish(succeeded=True)


@pytest.mark.slow
def test_two_programs_at_once_in_a_new_store(tmp_path: Path) -> None:
    """Two processes that start at the same moment where there is no database yet both have their runs."""
    folder = tmp_path / "new"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mlflow.tracking"])
    start = context.Barrier(2)
    programs = [context.Process(target=_one_of_two, args=(folder, name, start)) for name in ("one", "two")]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert [program.exitcode for program in programs] == [0, 0]
    found = {run.info.run_name: run for run in recorded(folder)}
    assert set(found) == {"one", "two"}
    assert all(run.info.status == "FINISHED" and run.data.metrics == {"loss": 0.2} for run in found.values())


def test_a_run_whose_description_fails_is_not_left_running(folder: Path, monkeypatch: Any) -> None:
    """If parameters cannot be recorded, the run that was made for them ends as killed and the failure goes on."""
    from mlflow.tracking import MlflowClient

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(MlflowClient, "log_batch", fail)
    with pytest.raises(RuntimeError):
        MlflowTracker(folder).start("nightly", {"epochs": 1})
    assert [run.info.status for run in recorded(folder)] == ["KILLED"]


def test_options_are_checked(folder: Path) -> None:
    """An option that there is not, or an address that is none, is an error that says what is wanted."""
    with pytest.raises(ConfigurationError, match="Did you mean 'experiment'"):
        build({"experimemt": "papers"}, folder)
    with pytest.raises(ConfigurationError, match="Write an address such as"):
        build({"uri": "localhost:5000"}, folder)
    with pytest.raises(ConfigurationError, match="which is no name"):
        build({"experiment": " "}, folder)
