"""Records runs with Weights & Biases, online or in files to be uploaded later."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from typing_extensions import override

from domain.errors import ConfigurationError
from domain.options import read_options
from domain.ports.tracker import Run, Tracker

if TYPE_CHECKING:
    import wandb  # 1.2 s: imported when a run starts

Mode = Literal["online", "offline", "disabled"]
MODES: tuple[Mode, ...] = ("online", "offline", "disabled")

_logger = logging.getLogger(__name__)
_SECRET = frozenset({"credentials", "key", "password", "secret", "token"})


@dataclass(frozen=True, slots=True)
class WeightsAndBiasesOptions:
    """Where runs go: `online` needs a key (WANDB_API_KEY, or what `wandb login` stored) and is offline without one."""

    mode: Mode = "online"
    project: str = "arxiv-classifier"
    entity: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigurationError(f"Tracker wandb has no mode {self.mode!r}. Modes are {', '.join(MODES)}.")


class WeightsAndBiasesTracker(Tracker):
    """Starts Weights & Biases runs whose files are kept under `folder`."""

    def __init__(self, folder: Path, options: WeightsAndBiasesOptions = WeightsAndBiasesOptions()) -> None:
        spec = find_spec("wandb")
        # A run folder called wandb/ in the working directory would be found as a package without a file.
        if spec is None or spec.origin is None:
            raise ConfigurationError(
                "Tracking with Weights & Biases needs an extra. Install it with: pip install 'arxiv-classifier[wandb]'"
            )
        self._folder = folder
        self._options = options

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        import wandb

        self._folder.mkdir(parents=True, exist_ok=True)
        run = wandb.init(
            name=name,
            config=_without_secrets(config),
            project=self._options.project,
            entity=self._options.entity,
            dir=str(self._folder),
            mode=self._mode(),
            # Neither the terminal, the code, the remote's address nor the machine belongs in a run's record.
            settings=wandb.Settings(
                console="off", silent=True, disable_git=True, disable_code=True, x_disable_machine_info=True
            ),
        )
        return _WeightsAndBiasesRun(run)

    def _mode(self) -> Mode:
        if self._options.mode != "online" or _has_key():
            return self._options.mode
        _logger.warning(
            "No WANDB_API_KEY: the run is recorded under %s. Upload it later with `wandb sync`.",
            self._folder,
            extra={"event": "tracker_offline", "tracker": "wandb", "folder": str(self._folder)},
        )
        return "offline"


class _WeightsAndBiasesRun(Run):
    def __init__(self, run: "wandb.Run") -> None:
        self._run = run

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        if step is None:
            self._run.summary.update(dict(metrics))
        else:
            self._run.log(dict(metrics), step=step)

    @override
    def log_model(self, folder: Path, *, name: str) -> None:
        import wandb

        artifact = wandb.Artifact(name.replace("/", "-"), type="model")
        artifact.add_dir(str(folder), policy="immutable")  # read in place: a bundle never changes
        self._run.log_artifact(artifact)

    @override
    def finish(self, *, succeeded: bool) -> None:
        self._run.finish(exit_code=0 if succeeded else 1)


def build(options: Mapping[str, object], folder: Path) -> Tracker:
    """The tracker for options as read from configuration; its files go under `folder`."""
    return WeightsAndBiasesTracker(folder, read_options(WeightsAndBiasesOptions, options, where="Tracker wandb"))


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    import netrc  # `wandb login` stores keys there

    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _without_secrets(config: Mapping[str, object]) -> dict[str, object]:
    return {key: "***" if _is_secret(key) else _cleaned(value) for key, value in config.items()}


def _cleaned(value: object) -> object:
    return _without_secrets(value) if isinstance(value, Mapping) else value


def _is_secret(key: str) -> bool:
    return key.lower().rpartition("_")[2] in _SECRET
