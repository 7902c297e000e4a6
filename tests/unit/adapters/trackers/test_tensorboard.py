"""The TensorBoard tracker: what TensorBoard reads of it, without TensorFlow, and what a full disk costs."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.trackers.tensorboard import TensorBoardTracker, build
from application.runs.tracking import Leniency, SafeTracker
from domain.charts import Line, LineChart, Table
from domain.errors import ConfigurationError, MissingPackageError

CHART = LineChart("t", "x", "y", (Line("a", ((0.0, 1.0), (1.0, 0.0))),))


def events(folder: Path) -> list[Any]:
    """The events of the only run under a folder, read as TensorBoard reads them, damage being an error."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    (path,) = folder.rglob("events.out.tfevents.*")
    return list(EventFileLoader(str(path)).Load())


def values(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    """Steps and values by tag."""
    found: dict[str, list[tuple[int, Any]]] = {}
    for event in events(folder):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value))
    return found


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorBoard's reader does without TensorFlow, whose import takes seconds."""
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", sys)


def test_records_everything_of_a_run(tmp_path: Path) -> None:
    """Scalars of each epoch, final ones, configuration, tables, charts, the model's name and how it ended are there."""
    from tensorboard.plugins.hparams import metadata

    run = TensorBoardTracker(tmp_path).start("nightly", {"epochs": 2, "model": {"hidden": [8]}})
    run.log({"loss": 0.5}, step=1)
    run.log({"loss": 0.25}, step=2)
    run.log({"test/micro_f1": 0.75})
    run.log_table("examples", Table(("id", "right"), (("a|b", True), (None, False))))
    run.log_chart("reliability", CHART)
    run.log_model(tmp_path, name="baseline", aliases=("1",))
    run.finish(succeeded=False)
    found = values(tmp_path)
    assert [(step, value.tensor.float_val[0]) for step, value in found["loss"]] == [(1, 0.5), (2, 0.25)]
    assert [(step, value.tensor.float_val[0]) for step, value in found["test/micro_f1"]] == [(0, 0.75)]
    assert b'"epochs": 2' in found["config"][0][1].tensor.string_val[0]
    assert b"| a\\|b | True |" in found["examples"][0][1].tensor.string_val[0]
    assert found["model"][0][1].tensor.string_val[0] == b"baseline 1"
    width, height, picture = found["reliability"][0][1].tensor.string_val[:3]
    assert picture.startswith(b"\x89PNG") and int(width) == 768 and int(height) == 576
    started = found[metadata.SESSION_START_INFO_TAG][0][1].metadata.plugin_data.content
    assert metadata.parse_session_start_info_plugin_data(started).hparams["epochs"].number_value == 2
    ended = found[metadata.SESSION_END_INFO_TAG][0][1].metadata.plugin_data.content
    assert metadata.parse_session_end_info_plugin_data(ended).status == 2  # STATUS_FAILURE


def test_a_pruned_trial_has_a_metric_that_says_so(tmp_path: Path) -> None:
    """The metric `pruned` is 1 of a trial that its sweep ended early, and of no other run."""
    for name in ("pruned", "complete"):
        run = TensorBoardTracker(tmp_path).start(name, {})
        if name == "pruned":
            run.mark_pruned()
        run.finish(succeeded=True)
    ((step, said),) = values(tmp_path / "tensorboard" / "pruned")["pruned"]
    assert (step, list(said.tensor.float_val)) == (0, [1.0])
    assert "pruned" not in values(tmp_path / "tensorboard" / "complete")


def test_everything_is_written_at_once(tmp_path: Path) -> None:
    """Records can be read while the run goes on, so that a kill loses none."""
    run = TensorBoardTracker(tmp_path).start("nightly", {})
    run.log({"loss": 0.5}, step=1)
    assert "loss" in values(tmp_path)
    run.finish(succeeded=True)


def test_runs_of_one_name_have_folders_of_their_own(tmp_path: Path) -> None:
    """A second run of a name does not draw over the first."""
    for _ in range(3):
        TensorBoardTracker(tmp_path).start("a/b", {}).finish(succeeded=True)
    assert sorted(path.name for path in (tmp_path / "tensorboard").iterdir()) == ["a-b", "a-b-2", "a-b-3"]


def test_tensorflow_is_not_imported(tmp_path: Path) -> None:
    """A whole run imports neither TensorFlow nor pyplot."""
    code = (
        "import sys; from pathlib import Path; from adapters.trackers.tensorboard import TensorBoardTracker;"
        "from domain.charts import BarChart, Table;"
        f"run = TensorBoardTracker(Path({str(tmp_path)!r})).start('a', {{'b': 1}}); run.log({{'c': 1.0}}, step=1);"
        "run.log_table('d', Table(('e',), ((1,),))); run.log_chart('f', BarChart('t', 'l', 'v', (('x', 1.0),)));"
        "run.log_model(Path('.'), name='g'); run.finish(succeeded=True);"
        "assert not {'tensorflow', 'matplotlib.pyplot'} & set(sys.modules); assert 'tensorboard' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100, cwd=Path(__file__).parents[4])
    assert values(tmp_path)


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process may grow beyond 4 kB, which fails a write as a full disk does: in the middle of it.

    Not for longer than needed: pytest's own output may go to a file.
    """
    before, bytecode = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # it would be cut off too
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
        sys.dont_write_bytecode = bytecode


def test_a_full_disk_leaves_a_file_that_can_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run goes on, what fitted can be read to the last record, and one line tells what was lost."""
    with small_files():
        run = SafeTracker(TensorBoardTracker(tmp_path), Leniency("tensorboard")).start("nightly", {})
        run.log({"loss": 0.5}, step=1)
        run.log_table("large", Table(("text",), (("x" * 5000,),)))
        run.log({"loss": 0.25}, step=2)
        run.finish(succeeded=True)
    found = values(tmp_path)
    assert [step for step, _ in found["loss"]] == [1, 2] and "large" not in found
    first, last = (record.getMessage() for record in caplog.records if record.name == "application.runs.tracking")
    assert "OSError: [Errno 27] File too large" in first
    assert last == "Tracker tensorboard lost of the run nightly: the table large."


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If a file is in the way of the folder, nothing is recorded, and the run goes on."""
    (tmp_path / "tensorboard").write_text("in the way")
    run = SafeTracker(TensorBoardTracker(tmp_path), Leniency("tensorboard")).start("nightly", {})
    run.finish(succeeded=True)
    assert caplog.records[-1].getMessage() == "Tracker tensorboard recorded nothing of the run nightly."


def test_options_are_checked(tmp_path: Path) -> None:
    """The folder may be named, and an option that there is not is an error."""
    build({"folder": str(tmp_path / "logs")}, tmp_path).start("a", {}).finish(succeeded=True)
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["a"]
    with pytest.raises(ConfigurationError, match="Did you mean 'folder'"):
        build({"foldr": "x"}, tmp_path)


def test_a_missing_extra_is_said_before_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, making the tracker is an error with the command that installs it."""
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingPackageError, match="comes with the extra tensorboard"):
        TensorBoardTracker(tmp_path)
