"""Records runs with Weights & Biases, online or in files for a later upload."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from typing_extensions import override

from adapters.trackers.configuration import sweep_trial
from domain.charts import Chart, LineChart, Table
from domain.errors import ConfigurationError, MissingPackageError
from domain.log_events import log_event
from domain.options import read_options
from domain.ports.tracker import Run, Tracker
from domain.secrets import Redactor

if TYPE_CHECKING:
    import wandb  # 1.2 s, imported when a run starts

Mode = Literal["online", "offline", "disabled"]
MODES: tuple[Mode, ...] = ("online", "offline", "disabled")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WeightsAndBiasesOptions:
    """The destination of runs.

    `online` needs a key (WANDB_API_KEY, or the one stored by `wandb login`), and falls back to offline without one. The
    default of `mode` is WANDB_MODE, or else online. `group`, `tags` and `aliases` are added to a run. `best` is an
    alias of the best model.
    The service may take `start_timeout` seconds when a run starts and `finish_timeout` seconds when it ends.
    """

    mode: Mode | None = None
    project: str = "arxiv-classifier"
    entity: str | None = None
    group: str | None = None
    tags: Sequence[str] = ()
    aliases: Sequence[str] = ()
    start_timeout: float = 20.0
    finish_timeout: float = 120.0

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in MODES:
            raise ConfigurationError(f"Tracker wandb has no mode {self.mode!r}. Modes are {', '.join(MODES)}.")
        for name in ("tags", "aliases"):
            value = getattr(self, name)
            if isinstance(value, str) or not all(isinstance(each, str) and each for each in value):
                raise ConfigurationError(f"Tracker wandb has the {name} {value!r}, which are no list of words.")
        for name in ("start_timeout", "finish_timeout"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise ConfigurationError(f"Tracker wandb has the {name} {value!r}, which is no number of seconds.")


class WeightsAndBiasesTracker(Tracker):
    """Starts Weights & Biases runs whose files are kept under `folder`.

    If this process has a run of one of their sweeps, that run is filled, and the sweep ends it.
    """

    def __init__(self, folder: Path, options: WeightsAndBiasesOptions = WeightsAndBiasesOptions()) -> None:
        spec = find_spec("wandb")
        # A run folder named wandb/ in the working directory is found as a package without a file.
        if spec is None or spec.origin is None:
            told = "Tracking with Weights & Biases needs the package wandb, which is not installed."
            raise MissingPackageError(told, extra="wandb")
        self._folder = folder
        self._options = options
        self._wanted = options.mode or _mode_of_environment()

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        # Otherwise it prints the address of the key, which may contain a password.
        os.environ.setdefault("WANDB_SILENT", "true")
        import wandb

        if wandb.run is not None and wandb.run.sweep_id:
            return self._joined(wandb.run, config)
        self._folder.mkdir(parents=True, exist_ok=True)
        mode = self._mode()
        try:
            run = self._started(name, config, mode)
        except wandb.errors.Error as error:
            if mode != "online":
                raise
            log_event(
                _logger,
                "tracker_offline",
                f"Weights & Biases did not start the run {name} "
                f"({Redactor().text(' '.join(str(error).split()))}): it is recorded under {self._folder}. "
                "Upload it later with `wandb sync`.",
                level=logging.WARNING,
                tracker="wandb",
                folder=str(self._folder),
            )
            run = self._started(name, config, "offline")
        if run.url:
            place = Redactor().text(run.url)
            log_event(_logger, "run_recorded", f"Run {name} is at {place}", tracker="wandb", run=name, place=place)
        _mute_log_file()
        return _WeightsAndBiasesRun(run, self._options)

    def _started(self, name: str, config: Mapping[str, object], mode: Mode) -> "wandb.Run":
        import wandb

        trial = sweep_trial(config)
        return wandb.init(
            name=name,
            config=Redactor().mapping(config),
            project=self._options.project,
            entity=self._options.entity,
            group=self._options.group or (trial.name if trial else None),
            job_type="trial" if trial else "train",
            tags=[*self._options.tags, *(("sweep", trial.name) if trial else ())],
            dir=str(self._folder),
            mode=mode,
            settings=self._settings(),
        )

    def _joined(self, run: "wandb.Run", config: Mapping[str, object]) -> Run:
        update = run.config.update
        update(Redactor().mapping(config), allow_val_change=True)  # type: ignore[no-untyped-call]  # the library's
        trial = sweep_trial(config)
        added = (*self._options.tags, *(("sweep", trial.name) if trial else ()))
        run.tags = tuple(dict.fromkeys((*(run.tags or ()), *added)))
        _mute_log_file()
        return _JoinedRun(run, self._options)

    def _settings(self) -> "wandb.Settings":
        import wandb

        return wandb.Settings(
            # Keeps the terminal's output, the code, the remote's address and the machine out of the run's record.
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            x_disable_machine_info=True,
            host="",
            # By default the library waits 90 s for a service that is down, and without limit when a run ends.
            init_timeout=self._options.start_timeout,
            finish_timeout=self._options.finish_timeout,
            finish_timeout_raises=True,
        )

    def _mode(self) -> Mode:
        if self._wanted != "online" or _has_key():
            return self._wanted
        log_event(
            _logger,
            "tracker_offline",
            f"No WANDB_API_KEY: the run is recorded under {self._folder}. Upload it later with `wandb sync`.",
            level=logging.WARNING,
            tracker="wandb",
            folder=str(self._folder),
        )
        return "offline"


class _WeightsAndBiasesRun(Run):
    # Files are read in place, because a bundle never changes.
    _policy: Literal["immutable", "mutable"] = "immutable"

    def __init__(self, run: "wandb.Run", options: WeightsAndBiasesOptions) -> None:
        self._run = run
        self._options = options
        self._folder = Path(run.dir).parent  # does not exist for a disabled run

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        if step is None:
            self._run.summary.update(dict(metrics))
        else:
            self._run.log(dict(metrics), step=step)

    @override
    def log_table(self, name: str, table: Table) -> None:
        self._run.log({name: _table(table.columns, table.rows)})

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        import wandb

        if isinstance(chart, LineChart):
            drawn = wandb.plot.line_series(
                xs=[[x for x, _ in line.points] for line in chart.lines],
                ys=[[y for _, y in line.points] for line in chart.lines],
                keys=[line.label for line in chart.lines],
                title=f"{chart.title}: {chart.y_label}",
                xname=chart.x_label,
            )
        else:
            bars = _table((chart.label, chart.value), chart.bars)
            drawn = wandb.plot.bar(bars, chart.label, chart.value, title=chart.title)
        self._run.log({name: drawn})

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        import wandb

        artifact = wandb.Artifact(name.replace("/", "-"), type="model")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            # File by file, because add_dir prints to the terminal.
            artifact.add_file(str(path), path.relative_to(folder).as_posix(), policy=self._policy)
        self._run.log_artifact(artifact, aliases=["latest", *aliases, *self._options.aliases])

    @override
    def mark_pruned(self) -> None:
        self._run.tags = (*(self._run.tags or ()), "pruned")
        self._run.summary.update({"pruned": True})

    @override
    def finish(self, *, succeeded: bool) -> None:
        try:
            self._run.finish(exit_code=0 if succeeded else 1)
        except TimeoutError:
            log_event(
                _logger,
                "upload_unfinished",
                f"Weights & Biases did not take all of the run within {self._options.finish_timeout:g} s. "
                f"Nothing is lost: upload the rest with `wandb sync {self._folder}`.",
                level=logging.WARNING,
                tracker="wandb",
                folder=str(self._folder),
            )


class _JoinedRun(_WeightsAndBiasesRun):
    # Files are copied first, because another process of the sweep may remove a worse trial's bundle before the upload.
    _policy = "mutable"

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        if step is None:  # the sweep reports epochs itself
            super().log(metrics)

    @override
    def finish(self, *, succeeded: bool) -> None:
        """Does nothing, because the sweep ends its run itself."""


def build(options: Mapping[str, object], folder: Path) -> Tracker:
    """Returns the tracker for options from the configuration. Its files go under `folder`."""
    return WeightsAndBiasesTracker(folder, read_options(WeightsAndBiasesOptions, options, where="Tracker wandb"))


def _mode_of_environment() -> Mode:
    said = os.environ.get("WANDB_MODE", "").strip().lower() or "online"
    mode = {"run": "online", "dryrun": "offline"}.get(said, said)  # names in older versions of the library
    found = next((each for each in MODES if each == mode), None)
    if found is None:
        raise ConfigurationError(f"WANDB_MODE is {said!r}, which tracker wandb has not. Modes are {', '.join(MODES)}.")
    return found


def _mute_log_file() -> None:
    """Silences errors of the library's log file, which on a full disk would print a traceback per line."""
    for handler in logging.getLogger("wandb").handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handleError = lambda record: None  # type: ignore[method-assign]  # the library's, not a class of ours


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Any:
    import wandb

    # Mixed types, because a paper without id or title gives an empty cell.
    return wandb.Table(columns=list(columns), data=[list(row) for row in rows], allow_mixed_types=True)


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    import netrc  # `wandb login` stores keys there

    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
