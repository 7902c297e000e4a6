"""The trackers that the settings name, their options, and the environment that a run records."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.ports.tracker import Tracker
from entrypoints import registry
from entrypoints.run_environment import commit_of, run_environment
from entrypoints.settings import Settings, load_settings
from entrypoints.tracking import in_sweep, open_tracker, options_of, sweeper_options, tracker_names
from tests.fakes.tracker import FakeTracker, FlakyTracker

FAKES: dict[str, FakeTracker] = {}
GIVEN: dict[str, dict[str, object]] = {}


def _builder(name: str) -> str:
    return f"tests.unit.entrypoints.test_tracking:build_{name}"


def build_one(options: dict[str, object], folder: Path) -> Tracker:
    """A fake that works."""
    GIVEN["one"] = dict(options)
    return FAKES.setdefault("one", FakeTracker())


def build_broken(options: dict[str, object], folder: Path) -> Tracker:
    """A fake that does not."""
    GIVEN["broken"] = dict(options)
    return FAKES.setdefault("broken", FlakyTracker(down=True))


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more trackers, `one` and `broken`."""
    FAKES.clear()
    GIVEN.clear()
    monkeypatch.setitem(registry.TRACKERS, "one", _builder("one"))
    monkeypatch.setitem(registry.TRACKERS, "broken", _builder("broken"))


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("null", ("null",)),
        ("", ("null",)),
        ("wandb", ("wandb",)),
        ("wandb, mlflow", ("wandb", "mlflow")),
        (("wandb,mlflow", "tensorboard", "wandb"), ("wandb", "mlflow", "tensorboard")),
        (("null", "wandb"), ("wandb",)),
        ((), ("null",)),
    ],
)
def test_trackers_of_a_setting(setting: str | tuple[str, ...], names: tuple[str, ...]) -> None:
    """One name, several with commas, or a list. Each once, and null only where there is no other."""
    assert tracker_names(setting) == names


@pytest.mark.parametrize("value", ["wandb,mlflow", '["wandb", "mlflow"]'])
def test_trackers_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The variable takes names with commas or a JSON list."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_TRACKER", value)
    assert tracker_names(load_settings().tracker) == ("wandb", "mlflow")


@pytest.mark.parametrize("text", ["tracker: [wandb, mlflow]\n", "tracker: wandb,mlflow\n"])
def test_trackers_from_a_file(tmp_path: Path, text: str) -> None:
    """YAML takes a list or names with commas."""
    (tmp_path / "my.yaml").write_text(text)
    assert tracker_names(load_settings(config=tmp_path / "my.yaml").tracker) == ("wandb", "mlflow")


def test_null_in_a_list_is_the_null_tracker(tmp_path: Path) -> None:
    """An unquoted null in a YAML list is not held against the writer."""
    (tmp_path / "my.yaml").write_text("tracker: [null]\n")
    assert tracker_names(load_settings(config=tmp_path / "my.yaml").tracker) == ("null",)


def test_options_of_a_single_tracker_may_stand_alone() -> None:
    """One tracker's options need no name over them, and may have one."""
    assert options_of("one", ("one",), {"a": 1}) == {"a": 1}
    assert options_of("one", ("one",), {"one": {"a": 1}, "broken": {"b": 2}}) == {"a": 1}
    assert options_of("one", ("one",), {"a": 1, "one": {"a": 2}}) == {"a": 2}


def test_options_of_several_stand_under_their_names() -> None:
    """Each of several trackers has its own options, and what names none of them is an error."""
    names = ("one", "broken")
    assert options_of("one", names, {"one": {"a": 1}, "broken": {"b": 2}}) == {"a": 1}
    assert options_of("broken", names, {"one": {"a": 1}}) == {}
    with pytest.raises(ConfigurationError, match=r"has the option 'a', and does not say whose.*tracking: \{one: "):
        options_of("one", names, {"a": 1})
    with pytest.raises(ConfigurationError, match=r"The setting tracking\.one is 3, not a mapping"):
        options_of("one", names, {"one": 3})


@pytest.mark.parametrize("tracker", ["null", "wandb"])
def test_options_without_a_name_are_the_sweepers(tracker: str, tmp_path: Path) -> None:
    """Without other trackers, options without a name belong to the sweeper that records runs."""
    settings = Settings(tracker=tracker, tracking={"entity": "me", "project": "papers"}, artifacts=tmp_path)
    assert sweeper_options("wandb", settings) == {"entity": "me", "project": "papers"}
    assert in_sweep("wandb", settings).tracker == ("wandb",)
    open_tracker(in_sweep("wandb", settings))
    assert sweeper_options("optuna", settings) == {}
    assert in_sweep("optuna", settings) is settings


def test_options_beside_a_sweeper_that_keeps_runs_say_whose_they_are(tmp_path: Path) -> None:
    """With another tracker they stand under names, and the other one is given its own alone."""
    settings = Settings(tracker="one", tracking={"project": "papers"}, artifacts=tmp_path)
    with pytest.raises(ConfigurationError, match="has the option 'project', and does not say whose"):
        sweeper_options("wandb", settings)
    both = Settings(tracker="one", tracking={"wandb": {"project": "p"}, "one": {"a": 1}}, artifacts=tmp_path)
    assert sweeper_options("wandb", both) == {"project": "p"}
    open_tracker(in_sweep("wandb", both))
    assert GIVEN == {"one": {"a": 1}}


def test_a_sweepers_options_are_read_by_the_tracker_of_its_name(tmp_path: Path) -> None:
    """A misspelt one is named, with the one that was meant."""
    settings = Settings(tracking={"wandb": {"projct": "mine"}}, artifacts=tmp_path)
    with pytest.raises(ConfigurationError, match=r"no option 'projct'\. Did you mean 'project'"):
        sweeper_options("wandb", settings)


def test_options_reach_their_tracker_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two underscores lead to a tracker's options."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_TRACKING__ONE__SIZE", "3")
    open_tracker(load_settings({"tracker": ("one", "broken"), "artifacts": tmp_path}))
    assert GIVEN == {"one": {"size": 3}, "broken": {}}


def test_one_that_fails_costs_the_others_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of two trackers, the one that works has everything, and the other is named in the log."""
    run = open_tracker(Settings(tracker=("broken", "one"), artifacts=tmp_path)).start("nightly", {"epochs": 1})
    run.log({"loss": 0.5}, step=1)
    run.finish(succeeded=True)
    (recorded,) = FAKES["one"].runs
    assert (recorded.epochs, recorded.succeeded) == ({1: {"loss": 0.5}}, True)
    assert "Tracker broken recorded nothing" in caplog.text and "Tracker one" not in caplog.text


def test_an_unknown_tracker_among_several_is_an_error(tmp_path: Path) -> None:
    """An unknown tracker is an error before the training, with the known ones."""
    with pytest.raises(ConfigurationError, match=r"There is no tracker 'paper'\. Known are: broken, mlflow"):
        open_tracker(Settings(tracker="one,paper", artifacts=tmp_path))


def test_runs_are_told_their_environment_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker's configuration has the versions, and a variable's secret is masked wherever it stands."""
    monkeypatch.setenv("SOME_TOKEN", "s3cr3t-0123456789")
    open_tracker(Settings(tracker="one", artifacts=tmp_path)).start("a", {"note": "is s3cr3t-0123456789"})
    (run,) = FAKES["one"].runs
    assert run.config == {"note": "is ***", "environment": run_environment()}


def test_the_environment_names_no_machine() -> None:
    """It has versions, platform, processors and commit, and neither machine, user nor folder."""
    environment = run_environment()
    assert set(environment) == {"python", "platform", "processors", "commit", "libraries"}
    assert environment["python"] == platform.python_version()
    libraries = environment["libraries"]
    assert isinstance(libraries, dict) and {"arxiv-classifier", "numpy"} <= set(libraries)
    text = str(environment)
    assert platform.node() not in text and os.getcwd() not in text and str(Path.home()) not in text


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    """A checkout's commit is known, with a plus where a file differs from it; elsewhere there is none."""
    assert commit_of(tmp_path) is None

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    assert commit_of(tmp_path) is None  # nothing is committed yet
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "--quiet", "-m", "a")
    head = git("rev-parse", "HEAD")
    assert commit_of(tmp_path) == head
    (tmp_path / "file").write_text("b")
    assert commit_of(tmp_path) == f"{head}+"
