"""Sweeps with Weights & Biases, whose server chooses parameters and ends trials early. This process is an agent."""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from adapters.sweepers.identities import refuse_another
from adapters.sweepers.local_trials import LocalTrials
from adapters.sweepers.sweep_folder import FolderClaim, read_mapping, write_mapping
from adapters.sweepers.wandb_api import SweepPlace, WandbApi
from domain.errors import ArxivClassifierError, ConfigurationError, SweepStorageError
from domain.log_events import log_event
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import MedianStop, SweepPlan, TrialPruned, TrialRecord, TrialState

if TYPE_CHECKING:
    import wandb  # 1.2 s: imported when a trial starts

_HEARTBEAT_SECONDS = 15.0
_PLACE = "wandb.json"
_ONLINE = ("online", "run")  # allowed values of WANDB_MODE; the second is the older name
_logger = logging.getLogger(__name__)
# Options of the tracker, which also fills these runs, with their names in the library.
_TIMEOUTS = {"start_timeout": "init_timeout", "finish_timeout": "finish_timeout"}


def build(plan: SweepPlan, *, storage: str | None, folder: Path, options: Mapping[str, object]) -> Sweeper:
    """Returns a sweep at Weights & Biases: ENTITY/PROJECT/ID in `storage`, else the one of `folder`, else a new one."""
    if isinstance(plan.definition.early_stop, MedianStop):
        raise ConfigurationError("Weights & Biases ends trials by hyperband alone. Say --pruner hyperband or none.")
    _refuse_to_be_offline(options)
    given = str(_place(storage)) if storage else None
    FolderClaim(folder, plan, sweeper="wandb", storage=given or _known_place(folder)).is_made()
    sweeper = WeightsAndBiasesSweeper(plan, folder, storage=given, options=options, api=WandbApi())
    FolderClaim(folder, plan, sweeper="wandb", storage=given or _known_place(folder)).make()
    return sweeper


class WeightsAndBiasesSweeper(Sweeper):
    """One agent. Each trial is a run of the sweep, with its metrics by epoch.

    The server knows every trial. `records` has only those of this machine.
    """

    def __init__(
        self,
        plan: SweepPlan,
        folder: Path,
        *,
        storage: str | None,
        options: Mapping[str, object],
        api: WandbApi,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._api = api
        self._options = options
        self._trials = LocalTrials(folder / "trials.jsonl")
        self._place = _place(storage) if storage else self._joined_or_created(options)
        self._agent: str | None = None
        self._heartbeat_seconds = heartbeat_seconds
        self._over = False

    @override
    def next_trial(self) -> Trial | None:
        if self.is_over():
            return None
        self._agent = self._agent or self._api.register(self._place, socket.gethostname())
        for command in self._api.heartbeat(self._agent, ()):
            if command["type"] in ("run", "resume"):
                return self._started(command)
            if command["type"] == "exit":
                self._over = True
        return None

    @override
    def is_over(self) -> bool:
        ended = sum(record.state != TrialState.RUNNING for record in self._trials.records())
        return self._over or ended >= self._plan.count

    @override
    def records(self) -> Sequence[TrialRecord]:
        return self._trials.records()

    @override
    def close(self) -> None:
        """Does nothing, because nothing stays open between trials."""

    def _joined_or_created(self, options: Mapping[str, object]) -> SweepPlace:
        path = self._folder / _PLACE
        name = self._plan.definition.name
        if path.is_file():
            known = read_mapping(path)
            refuse_another(known["identity"], self._plan.identity, name=name, where=str(self._folder))
            place, cap = SweepPlace(**known["place"]), known.get("run_cap")
            if cap is not None and self._plan.count > cap and self._extended(place, cap):
                write_mapping(path, {**known, "run_cap": self._plan.count})
            return place
        place = self._api.create(
            self._document(),
            entity=_text(options.get("entity")),
            project=_text(options.get("project")) or "arxiv-classifier",
        )
        cap = self._plan.count
        write_mapping(path, {"place": asdict(place), "identity": self._plan.identity, "run_cap": cap})
        return place

    def _document(self) -> dict[str, object]:
        """Returns the sweep file for the server, which requires a program. Agents of this adapter never start one."""
        definition = self._plan.definition
        document = {**definition.document, "name": definition.name, "run_cap": self._plan.count}
        return {"program": "arxiv-classifier", "metric": asdict(definition.metric), **document}

    def _extended(self, place: SweepPlace, cap: int) -> bool:
        """Returns whether the server accepts the greater count, and logs a warning if it does not."""
        try:
            self._api.extend(place, self._document())
        except ConfigurationError as error:
            log_event(
                _logger,
                "sweep_capped",
                f"The sweep was made at Weights & Biases for {cap} trials in all, and ends there: {error} "
                "For more, start another with --name.",
                level=logging.WARNING,
                trials=cap,
            )
            return False
        log_event(
            _logger,
            "sweep_extended",
            f"The sweep at Weights & Biases is now for {self._plan.count} trials in all.",
            trials=self._plan.count,
        )
        return True

    def _started(self, command: Mapping[str, Any]) -> Trial:
        parameters = _flat({name: said["value"] for name, said in (command.get("args") or {}).items()})
        parameters = {name: parameters[name] for name in self._plan.definition.parameters if name in parameters}
        if not parameters:
            raise ArxivClassifierError(f"The sweep {self._place} gives none of the parameters of the sweep file.")
        number = self._trials.start(command["run_id"], parameters)
        run = self._run(command, number, parameters)
        return _WandbTrial(self, run, number, parameters)

    def _run(self, command: Mapping[str, Any], number: int, parameters: Mapping[str, object]) -> "wandb.Run":
        import wandb

        timeouts: dict[str, Any] = {
            theirs: self._options[ours] for ours, theirs in _TIMEOUTS.items() if ours in self._options
        }
        settings = wandb.Settings(
            sweep_id=self._place.sweep,
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            x_disable_machine_info=True,
            **timeouts,
        )
        with _answers("start a run"):
            return wandb.init(
                id=command["run_id"],
                name=f"{self._plan.definition.name}-trial-{number:04}",
                entity=self._place.entity,
                project=self._place.project,
                group=_text(self._options.get("group")),
                job_type="trial",
                config=dict(parameters),
                dir=str(self._folder),
                mode="online",  # overrides a setting of `wandb offline`
                resume="allow" if command["type"] == "resume" else None,
                settings=settings,
            )


class _WandbTrial(Trial):
    def __init__(
        self, sweeper: WeightsAndBiasesSweeper, run: "wandb.Run", number: int, parameters: Mapping[str, object]
    ) -> None:
        self._sweeper = sweeper
        self._run = run
        self._number = number
        self._parameters = parameters
        records = {record.number: record for record in sweeper.records()}
        self._before = dict(records[number].epochs)
        self._heartbeats = _Heartbeats(sweeper, run.id)

    @property
    @override
    def number(self) -> int:
        return self._number

    @property
    @override
    def origin(self) -> int:
        return self._number

    @property
    @override
    def parameters(self) -> Mapping[str, object]:
        return self._parameters

    @property
    @override
    def epochs(self) -> Mapping[int, float]:
        return self._before

    @override
    def report(self, metrics: Mapping[str, float], *, epoch: int) -> None:
        value = self._sweeper._plan.definition.metric.of(metrics)
        self._sweeper._trials.epoch(self._number, epoch, value)
        with _answers("record an epoch"):
            self._run.log(dict(metrics), step=epoch)
        if self._heartbeats.stop_wanted():
            raise TrialPruned

    @override
    def complete(self, score: float) -> None:
        # Otherwise the server would compare the last epochs.
        self._end(TrialState.COMPLETE, {self._sweeper._plan.definition.metric.name: score}, score=score)

    @override
    def prune(self) -> None:
        self._end(TrialState.PRUNED)

    @override
    def fail(self, reason: str) -> None:
        self._end(TrialState.FAILED, {"failure": reason}, exit_code=1, reason=reason)

    @override
    def give_back(self) -> None:
        # The server hands out such a run again, with the command `resume`.
        with _answers("take a run back"):
            self._run.mark_preempting()
        self._end(None, exit_code=1)

    def _end(
        self,
        state: TrialState | None,
        summary: Mapping[str, object] | None = None,
        *,
        exit_code: int = 0,
        score: float | None = None,
        reason: str = "",
    ) -> None:
        self._heartbeats.end()
        self._sweeper._trials.end(self._number, state, score=score, reason=reason)
        with _answers("end a run"):
            self._run.summary.update(dict(summary or {}))
            self._run.finish(exit_code=exit_code)


class _Heartbeats:
    """Sends heartbeats while a trial runs, and receives the server's command to stop it."""

    def __init__(self, sweeper: WeightsAndBiasesSweeper, run: str) -> None:
        self._sweeper = sweeper
        self._run = run
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def stop_wanted(self) -> bool:
        """Asks the server now, and returns whether the trial should stop."""
        self._ask()
        return self._stop.is_set()

    def end(self) -> None:
        """Stops the heartbeats."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        while not self._ended.wait(self._sweeper._heartbeat_seconds):
            try:
                self._ask()
            except ArxivClassifierError:
                return  # the next epoch asks again and raises the error

    def _ask(self) -> None:
        agent = self._sweeper._agent
        assert agent is not None
        for command in self._sweeper._api.heartbeat(agent, [self._run]):
            if command["type"] == "stop" and command.get("run_id") == self._run:
                self._stop.set()
            if command["type"] == "exit":
                self._sweeper._over = True
                self._stop.set()


@contextlib.contextmanager
def _answers(what: str) -> Iterator[None]:
    import wandb

    try:
        yield
    except (wandb.errors.Error, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise SweepStorageError(
            f"Weights & Biases could not {what}: {reason}. This machine's records of trials are kept. "
            "When it responds again, repeat the command to continue."
        ) from error


def _place(text: str) -> SweepPlace:
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise ConfigurationError(f"--storage is {text!r}; a sweep of Weights & Biases is named ENTITY/PROJECT/ID.")
    return SweepPlace(*parts)


def _known_place(folder: Path) -> str | None:
    path = folder / _PLACE
    return str(SweepPlace(**read_mapping(path)["place"])) if path.is_file() else None


def _refuse_to_be_offline(options: Mapping[str, object]) -> None:
    said, where = options.get("mode"), "the setting tracking says mode: {}"
    if said is None:
        said, where = os.environ.get("WANDB_MODE") or "online", "the environment says WANDB_MODE={}"
    if str(said).strip().lower() not in _ONLINE:
        raise ConfigurationError(
            f"A sweep of Weights & Biases is online, as its server chooses the trials, and {where.format(said)}. Leave "
            "that out, or leave --sweeper out: Optuna needs no network."
        )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
