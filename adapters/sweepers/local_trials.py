"""This machine's record of trials that a server hands out, one line per event."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from adapters.files.locks import FileLock
from domain.errors import SweepStorageError
from domain.sweep import TrialRecord, TrialState


class LocalTrials:
    """Numbers trials and keeps their records in a file that several processes append to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path)

    def start(self, run: str, parameters: Mapping[str, object]) -> int:
        """Returns the number of a run's trial, the same as before if the run was interrupted."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._locked() as file:
            events = list(_events(file))
            started = [event for event in events if event["what"] == "start"]
            number = next(
                (event["trial"] for event in started if event["run"] == run), len({e["run"] for e in started})
            )
            _append(file, {"what": "start", "trial": number, "run": run, "parameters": dict(parameters), "at": now})
        return int(number)

    def epoch(self, number: int, epoch: int, value: float) -> None:
        """Records an epoch's metric."""
        with self._locked() as file:
            _append(file, {"what": "epoch", "trial": number, "epoch": epoch, "value": value})

    def end(self, number: int, state: TrialState | None, *, score: float | None = None, reason: str = "") -> None:
        """Records the end of a trial. A state of None means that it will run again."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._locked() as file:
            _append(
                file,
                {"what": "end", "trial": number, "state": state, "score": score, "reason": reason, "at": now},
            )

    def records(self) -> list[TrialRecord]:
        """Returns every trial by number. Interrupted ones are left out until they continue."""
        records: dict[int, TrialRecord] = {}
        interrupted: dict[int, TrialRecord] = {}
        with self._locked() as file:
            for event in _events(file):
                _apply(event, records, interrupted)
        return [records[number] for number in sorted(records)]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        try:
            with self._lock, self._path.open("a+", encoding="utf-8") as file:
                file.seek(0)
                yield file
        except OSError as error:
            raise SweepStorageError(f"{self._path} cannot be written: {error.strerror}.") from error


def _events(file: IO[str]) -> Iterator[dict[str, Any]]:
    for line in file:
        with contextlib.suppress(ValueError):  # a partial line of a killed process
            yield json.loads(line)


def _append(file: IO[str], event: Mapping[str, object]) -> None:
    position = file.seek(0, 2)
    file.seek(max(position - 1, 0))
    ends = not position or file.read(1) == "\n"
    file.write(("" if ends else "\n") + json.dumps(event) + "\n")
    file.flush()


def _apply(event: Mapping[str, Any], records: dict[int, TrialRecord], interrupted: dict[int, TrialRecord]) -> None:
    number = event["trial"]
    if event["what"] == "start":
        before = records.get(number) or interrupted.pop(number, None)
        epochs = before.epochs if before else {}
        records[number] = TrialRecord(
            number, TrialState.RUNNING, event["parameters"], None, epochs, started=event["at"]
        )
    elif number in records and event["what"] == "epoch":
        record = records[number]
        records[number] = replace(record, epochs={**record.epochs, event["epoch"]: event["value"]})
    elif number in records and event["state"] is None:
        interrupted[number] = records.pop(number)
    elif number in records:
        record = records[number]
        seconds = (datetime.fromisoformat(event["at"]) - datetime.fromisoformat(record.started)).total_seconds()
        records[number] = replace(
            record, state=TrialState(event["state"]), score=event["score"], reason=event["reason"], seconds=seconds
        )
