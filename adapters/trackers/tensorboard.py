"""Records runs as event files for TensorBoard."""

import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.trackers.configuration import flattened
from adapters.trackers.drawing import png
from adapters.trackers.event_file import EventFile
from domain.charts import Chart, Table
from domain.errors import MissingPackageError
from domain.log_events import log_event
from domain.options import read_options
from domain.ports.tracker import Run, Tracker

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TensorBoardOptions:
    """The folder with a folder per run, by default `tensorboard` among the tracker's own files."""

    folder: str | None = None


class TensorBoardTracker(Tracker):
    """Starts runs that are each a folder with one event file, written immediately and without TensorFlow."""

    def __init__(self, folder: Path, options: TensorBoardOptions = TensorBoardOptions()) -> None:
        if find_spec("tensorboard") is None:
            told = "Tracking for TensorBoard needs packages that are not installed."
            raise MissingPackageError(told, extra="tensorboard")
        self._folder = Path(options.folder).expanduser() if options.folder else folder / "tensorboard"

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        run = _TensorBoardRun(EventFile(_new_folder(self._folder, name)), name)
        run.describe(config)
        log_event(
            _logger,
            "run_recorded",
            f"Run {name} is written to {self._folder}: tensorboard --logdir {self._folder}",
            tracker="tensorboard",
            run=name,
            place=str(self._folder),
        )
        return run


class _TensorBoardRun(Run):
    def __init__(self, file: EventFile, name: str) -> None:
        self._file = file
        self._name = name

    def describe(self, config: Mapping[str, object]) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        numbers = {key: value for key, value in flattened(config) if value is not None}
        self._file.write(hparams_pb(numbers, trial_id=self._name, start_time_secs=time.time()))
        self._write_text("config", f"```json\n{json.dumps(config, indent=2, default=str)}\n```")

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
        self._file.write(Summary(value=values), step=step or 0)

    @override
    def log_table(self, name: str, table: Table) -> None:
        lines = [table.columns, ("---",) * len(table.columns), *table.rows]
        self._write_text(name, "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        picture = png(chart)
        width, height = (int.from_bytes(picture[start : start + 4], "big") for start in (16, 20))  # PNG's first chunk
        image = Summary.Image(height=height, width=width, colorspace=4, encoded_image_string=picture)
        self._file.write(Summary(value=[Summary.Value(tag=name, image=image)]))

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        """Records only the model's name, because event files cannot hold files."""
        self._write_text("model", " ".join((name, *aliases)))

    @override
    def mark_pruned(self) -> None:
        """Records a metric, because the hparams page only filters by metrics."""
        self.log({"pruned": 1.0})

    @override
    def finish(self, *, succeeded: bool) -> None:
        try:
            self._file.write(_end("STATUS_SUCCESS" if succeeded else "STATUS_FAILURE"))
        finally:
            self._file.close()

    def _write_text(self, name: str, text: str) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.compat.proto.tensor_pb2 import TensorProto

        metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()])
        self._file.write(Summary(value=[Summary.Value(tag=name, metadata=metadata, tensor=tensor)]))


def build(options: Mapping[str, object], folder: Path) -> Tracker:
    """Returns the tracker for options from the configuration. Its files go under `folder` by default."""
    return TensorBoardTracker(folder, read_options(TensorBoardOptions, options, where="Tracker tensorboard"))


def _end(status: str) -> Any:
    """Returns the same as TensorBoard's session_end_pb, which would import TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.api_pb2 import Status
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    info = HParamsPluginData(session_end_info=SessionEndInfo(status=Status.Value(status), end_time_secs=time.time()))
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(info),
        tensor=metadata.NULL_TENSOR,
    )
    return Summary(value=[value])


def _new_folder(parent: Path, name: str) -> Path:
    """Creates a folder for the run, numbered if its name is taken, because TensorBoard would merge two runs in one."""
    safe = re.sub(r"[^\w.=+-]", "-", name)[:100].strip(".-") or "run"
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = parent / (safe if number == 1 else f"{safe}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _cell(value: Any) -> str:
    text = f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)
    return " ".join(text.split()).replace("|", "\\|")
