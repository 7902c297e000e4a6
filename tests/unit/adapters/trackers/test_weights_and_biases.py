"""The Weights & Biases tracker, against the real library: what it records, where, and what it keeps to itself."""

import json
import logging
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.trackers.weights_and_biases import WeightsAndBiasesOptions, WeightsAndBiasesTracker, build
from domain.charts import BarChart, Line, LineChart, Table
from domain.errors import ConfigurationError, MissingPackageError
from tests.unit.adapters.trackers.offline_records import records, run_files, values
from tests.wandb_server import WandbServer, serving

KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def nobody_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home, a working directory of its own, and none of the library's environment variables."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where runs may be written."""
    return tmp_path / "runs"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    """A service on this machine, and a key for it; the library, which asks for its address once, is started anew."""
    import wandb

    wandb.teardown()
    with serving(WandbServer([])) as server:
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        yield server
    wandb.teardown()


def record_a_run(folder: Path, tmp_path: Path, config: dict[str, object] | None = None, **options: Any) -> list[Any]:
    """Everything that one whole run left in its file."""
    import wandb  # 1.2 s: when a test runs, not when pytest looks for tests

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"1234")
    default = {"epochs": 2, "hub_token": "hush", "model": {"hidden": [8, 4], "api_key": "hush", "tokens": 5}}
    run = WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(**options)).start("nightly", config or default)
    run.log({"loss": 0.5}, step=1)
    run.log({"loss": 0.25}, step=2)
    run.log({"test/micro_f1": 0.7})
    run.log_table("test/examples", Table(("id", "right"), (("2101.00001", True), (None, False))))
    run.log_chart("test/reliability", LineChart("t", "x", "y", (Line("model", ((0.0, 0.1), (1.0, 0.9))),)))
    run.log_chart("test/f1", BarChart("F1", "category", "F1", (("cs.LG", 0.5),)))
    run.log_model(tmp_path / "model", name="baseline", aliases=("20261120T101112Z",))
    run.finish(succeeded=False)
    wandb.teardown()  # the library's own process writes the file, and may be behind
    (path,) = run_files(folder)
    return list(records(path))


def test_records_everything_of_a_run(folder: Path, tmp_path: Path) -> None:
    """Name, configuration, metrics of each epoch, final metrics, the model and how it ended are in the run's file."""
    found = record_a_run(folder, tmp_path, mode="offline", project="papers", aliases=["best"])
    (run,) = [record.run for record in found if record.HasField("run")]
    history = [values(record.history.item) for record in found if record.HasField("history")]
    summary = {k: v for r in found if r.HasField("summary") for k, v in values(r.summary.update).items()}
    (model,) = [artifact for artifact in artifacts(found) if artifact.type == "model"]
    assert (run.display_name, run.project) == ("nightly", "papers")
    assert values(run.config.update)["epochs"] == 2
    assert [(step["_step"], step["loss"]) for step in history if "loss" in step] == [(1, 0.5), (2, 0.25)]
    assert summary["test/micro_f1"] == 0.7
    assert model.name == "baseline"
    assert sorted(model.aliases) == ["20261120T101112Z", "best", "latest"]
    assert [content.path for content in model.manifest.contents] == ["weights.bin"]
    assert [record.exit.exit_code for record in found if record.HasField("exit")] == [1]


def artifacts(found: list[Any]) -> list[Any]:
    """The artifacts among a run's records."""
    asked = [record.request.log_artifact.artifact for record in found if record.request.HasField("log_artifact")]
    return asked or [record.artifact for record in found if record.HasField("artifact")]


def test_records_tables_and_charts(folder: Path, tmp_path: Path) -> None:
    """A table is a table and a chart is drawn by the service from a table of its points."""
    found = record_a_run(folder, tmp_path, mode="offline")
    history = {k: v for record in found if record.HasField("history") for k, v in values(record.history.item).items()}
    config = next(values(record.run.config.update) for record in found if record.HasField("run"))
    changes = [values(record.config.update) for record in found if record.HasField("config")]
    assert history["test/examples._type"] == "table-file"
    (run_folder,) = {path.parent for path in run_files(folder)}
    table = json.loads((run_folder / "files" / history["test/examples.path"]).read_text())
    assert table["data"] == [["2101.00001", True], [None, False]]
    visuals = json.dumps([config, *changes])
    assert "wandb/lineseries/v0" in visuals and "wandb/bar/v0" in visuals


def test_a_trial_is_in_its_sweep_s_group(folder: Path, tmp_path: Path) -> None:
    """A run whose configuration names a sweep is grouped and tagged with it. Other tags are added."""
    config: dict[str, object] = {"epochs": 2, "sweep": {"name": "wide", "trial": 3}}
    found = record_a_run(folder, tmp_path, config, mode="offline", tags=["nightly"])
    (run,) = [record.run for record in found if record.HasField("run")]
    assert (run.run_group, run.job_type, list(run.tags)) == ("wide", "trial", ["nightly", "sweep", "wide"])


def test_a_pruned_trial_has_a_tag_and_a_summary(folder: Path) -> None:
    """Both can be filtered by, in W&B's tables and by its API. The tags that the run had stay."""
    import wandb

    options = WeightsAndBiasesOptions(mode="offline")
    run = WeightsAndBiasesTracker(folder, options).start("trial", {"sweep": {"name": "wide", "trial": 3}})
    run.mark_pruned()
    run.finish(succeeded=True)
    wandb.teardown()
    (path,) = run_files(folder)
    found = list(records(path))
    tags = [list(record.run.tags) for record in found if record.HasField("run")]
    summary = {k: v for r in found if r.HasField("summary") for k, v in values(r.summary.update).items()}
    assert tags[-1] == ["sweep", "wide", "pruned"]
    assert summary["pruned"] is True


def test_a_service_that_is_down_is_one_line_and_files(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """If the service cannot be reached, the run is recorded in files within seconds, to be uploaded later.

    The password in the service's address is in no line.
    """
    import wandb

    wandb.teardown()  # its address is asked for once
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        monkeypatch.setenv("WANDB_BASE_URL", f"http://me:hush-hush@127.0.0.1:{reserved.getsockname()[1]}")
        started = time.monotonic()
        run = WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(start_timeout=2)).start("nightly", {"epochs": 2})
    run.log({"loss": 0.5}, step=1)
    run.finish(succeeded=True)
    assert time.monotonic() - started < 45
    wandb.teardown()
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("adapters") and record.levelno > logging.INFO
    ]
    assert "hush-hush" not in caplog.text + "".join(capfd.readouterr())
    assert "did not start the run nightly" in line and "wandb sync" in line and str(folder) in line
    (path,) = [path for path in run_files(folder) if "offline-run" in path.parent.name]
    history = [values(record.history.item) for record in records(path) if record.HasField("history")]
    assert [step["loss"] for step in history] == [0.5]


def test_an_online_run_reaches_the_service(folder: Path, server: WandbServer, caplog: pytest.LogCaptureFixture) -> None:
    """With a key, metrics and the end of a run are sent to the service, and a line says where the run is to be seen."""
    caplog.set_level(logging.INFO, logger="adapters")
    run = WeightsAndBiasesTracker(folder).start("nightly", {"epochs": 2})
    run.log({"loss": 0.5}, step=1)
    run.log({"loss": 0.25}, step=2)
    run.finish(succeeded=True)
    (sent,) = server.streams
    assert f"Run nightly is at {server.url}" in caplog.text
    assert server.history(sent, "loss") == [0.5, 0.25]
    assert server.exit_code(sent) == 0


@pytest.mark.slow
def test_a_service_that_goes_away_loses_nothing(
    folder: Path, server: WandbServer, caplog: pytest.LogCaptureFixture
) -> None:
    """If the service fails from the middle on, the run ends within its time-out, and all of it is in its file."""
    run = WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(finish_timeout=3)).start("nightly", {"epochs": 2})
    run.log({"loss": 0.5}, step=1)
    server.status = 500
    run.log({"loss": 0.25}, step=2)
    started = time.monotonic()
    run.finish(succeeded=True)
    assert time.monotonic() - started < 30
    import wandb

    wandb.teardown()
    (path,) = run_files(folder)
    history = [values(record.history.item) for record in records(path) if record.HasField("history")]
    assert [step["loss"] for step in history] == [0.5, 0.25]
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("adapters") and record.levelno > logging.INFO
    ]
    assert f"upload the rest with `wandb sync {path.parent}`" in line


def test_keeps_secrets_to_itself(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the key in the environment nor configuration that is named like a secret is in any file it wrote."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    found = record_a_run(folder, tmp_path, mode="offline")
    config = next(values(record.run.config.update) for record in found if record.HasField("run"))
    assert config["hub_token"] == config["model"]["api_key"] == "***"
    assert config["model"]["tokens"] == 5
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"nightly" in written and KEY.encode() not in written and b"hush" not in written


def test_writes_into_its_folder_only(folder: Path, tmp_path: Path) -> None:
    """The working directory stays as it was."""
    record_a_run(folder, tmp_path, mode="offline")
    assert list((tmp_path / "work").iterdir()) == []
    assert run_files(folder)


def test_is_offline_without_a_key(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a key an online run is recorded in files, and a warning says where and how to upload it."""
    caplog.set_level(logging.WARNING)
    assert record_a_run(folder, tmp_path, mode="online")
    assert str(folder) in caplog.text and "wandb sync" in caplog.text


@pytest.mark.parametrize("source", ["environment", "login"])
def test_is_online_with_a_key(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a key, from the environment or from `wandb login`, the library is asked to go online."""
    if source == "environment":
        monkeypatch.setenv("WANDB_API_KEY", KEY)
    else:
        (tmp_path / "home" / ".netrc").write_text(f"machine api.wandb.ai login user password {KEY}\n", "utf-8")
        (tmp_path / "home" / ".netrc").chmod(0o600)
    asked: list[str] = []

    # Going online is the one thing no test may do, so this one stops at the library's door.
    def init(**settings: Any) -> Any:
        asked.append(settings["mode"])
        raise KeyboardInterrupt

    monkeypatch.setattr("wandb.init", init)
    with pytest.raises(KeyboardInterrupt):
        WeightsAndBiasesTracker(folder).start("nightly", {})
    assert asked == ["online"] and not caplog.records


@pytest.mark.parametrize("said", ["offline", "dryrun", "disabled"])
def test_the_library_s_own_variable_says_the_mode(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """With a key too, WANDB_MODE keeps runs from the service, unless an option says where they go."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_MODE", said)
    run = WeightsAndBiasesTracker(folder).start("nightly", {"epochs": 1})
    run.finish(succeeded=True)
    assert [path.parent.name.startswith("offline-run") for path in run_files(folder)] == [True] * (said != "disabled")
    monkeypatch.setenv("WANDB_MODE", "shared")
    with pytest.raises(ConfigurationError, match="WANDB_MODE is 'shared', which tracker wandb has not"):
        WeightsAndBiasesTracker(folder)
    WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="offline"))


def test_disabled_writes_nothing(folder: Path) -> None:
    """A disabled run takes metrics and leaves no record."""
    run = WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="disabled")).start("nightly", {"epochs": 1})
    run.log({"loss": 0.5}, step=1)
    run.finish(succeeded=True)
    assert run_files(folder) == []


@pytest.mark.parametrize("hidden_by", ["nothing installed", "a folder of runs"])
def test_a_missing_extra_is_said_before_the_training(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden_by: str
) -> None:
    """Without the library, making the tracker is an error with the command that installs it."""
    if hidden_by == "nothing installed":
        monkeypatch.setitem(sys.modules, "wandb", None)
    else:
        (tmp_path / "work" / "wandb").mkdir()
        monkeypatch.setattr(sys, "path", [str(tmp_path / "work")])
        monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(MissingPackageError, match="comes with the extra wandb"):
        WeightsAndBiasesTracker(folder)


def test_options_are_checked(folder: Path) -> None:
    """A mode or an option that there is not is an error that names what there is."""
    with pytest.raises(ConfigurationError, match="Modes are online, offline, disabled"):
        build({"mode": "sometimes"}, folder)
    with pytest.raises(ConfigurationError, match="Did you mean 'project'"):
        build({"projet": "papers"}, folder)
    with pytest.raises(ConfigurationError, match="the tags 'nightly', which are no list"):
        build({"tags": "nightly"}, folder)
    with pytest.raises(ConfigurationError, match="the finish_timeout 0, which is no number of seconds"):
        build({"finish_timeout": 0}, folder)
