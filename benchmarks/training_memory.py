"""What a training of the baseline takes: seconds, processor time, memory and disk, by phase.

    uv run --group bench python -m benchmarks.training_memory [--papers 400000] [--times 3] [--steps 200]

Reads the folder arxiv of ARXIV_CLASSIFIER_DATA. The model has its default options. It learns from the first training
papers, each `--times` times under other ids. `--steps` ends the training after that number of steps of the first epoch.
Memory without mapped files is measured on Linux alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from application.papers.splitting import SplitPolicy, Splits
from application.train import Phase, TrainCommand
from benchmarks.commands import processor
from benchmarks.real_papers import DATA
from domain.ports.classifier import Step
from entrypoints.cli.bad_records import BadRecords
from entrypoints.container import container_of
from entrypoints.effective_configuration import effective_config
from entrypoints.settings import load_settings
from entrypoints.training import run_training, workspace_of

_STATUS = Path("/proc/self/status")
_SECONDS_BETWEEN_LOOKS = 0.2
_MB = 1e6


def main() -> None:
    """Writes the papers, trains on them in a process of its own, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=int, default=100_000, help="the first training papers; 100,000")
    parser.add_argument("--times", type=int, default=1, help="how often each is there; 1")
    parser.add_argument("--judged", type=int, default=2_000, help="papers of validation and of test; 2,000")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--steps", type=int, help="end the training after this number of steps")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where papers and models lie")
    parser.add_argument("--measured", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measured:
        print(json.dumps(_measured(options.measured, options.epochs, options.steps)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        count = write_papers(Path(folder), options.papers, options.times, options.judged)
        print(f"{count:,} training papers on {processor()}", flush=True)
        command = [sys.executable, "-m", "benchmarks.training_memory", "--measured", folder]
        command += ["--epochs", str(options.epochs), *(["--steps", str(options.steps)] if options.steps else [])]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    print(_table(json.loads(done.stdout.splitlines()[-1]), count))


def write_papers(folder: Path, papers: int, times: int, judged: int) -> int:
    """Writes the three splits to a folder and returns the number of training papers."""
    for split in ("validation", "test"):
        pq.write_table(pq.read_table(DATA / f"{split}.parquet").slice(0, judged), folder / f"{split}.parquet")
    written = 0
    schema = pq.read_schema(DATA / "train.parquet")
    with pq.ParquetWriter(folder / "train.parquet", schema, compression="zstd") as writer:
        for turn in range(times):
            left = papers
            for batch in pq.ParquetFile(DATA / "train.parquet").iter_batches(8192):
                some = batch.slice(0, left)
                writer.write_batch(_renamed(some, turn))
                left -= some.num_rows
                written += some.num_rows
                if not left:
                    break
    return written


def _renamed(batch: pa.RecordBatch, turn: int) -> pa.RecordBatch:
    """Returns the papers under other ids, and as they are for turn 0."""
    if not turn:
        return batch
    ids = pa.array([f"{name}-again-{turn}" for name in batch.column("id").to_pylist()], batch.schema.field("id").type)
    return batch.set_column(batch.schema.get_field_index("id"), batch.schema.field("id"), ids)


class _EnoughError(Exception):
    """The training has taken the steps that were wanted."""


@dataclass(slots=True)
class _Phase:
    """A part of the training. Memory and disk are the most at any time, in bytes. `own` memory is not that of files."""

    name: str
    seconds: float = 0.0
    processor: float = 0.0
    own: int = 0
    resident: int = 0
    disk: int = 0
    steps: int = 0


class _Looks:
    """Looks at memory and disk some times a second, and keeps the most of each phase."""

    def __init__(self, workspace: Path) -> None:
        self.phases = [_Phase("reading")]
        self._workspace = workspace
        self._began = (time.perf_counter(), time.process_time())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def phase(self, name: str) -> None:
        """Ends a phase and begins another."""
        self._end()
        self.phases.append(_Phase(name))

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Looks until the block ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            self._end()

    def _end(self) -> None:
        now = (time.perf_counter(), time.process_time())
        self.phases[-1].seconds, self.phases[-1].processor = (
            new - old for new, old in zip(now, self._began, strict=True)
        )
        self._began = now

    def _look(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            phase, memory = self.phases[-1], _memory()
            phase.own, phase.resident = max(phase.own, memory["RssAnon"]), max(phase.resident, memory["VmRSS"])
            phase.disk = max(phase.disk, _disk(self._workspace))


def _memory() -> dict[str, int]:
    lines = (line.partition(":") for line in _STATUS.read_text("ascii").splitlines())
    return {name: 1024 * int(rest.split()[0]) for name, _, rest in lines if name in ("VmRSS", "RssAnon")}


def _disk(folder: Path) -> int:
    found = 0
    for path in folder.rglob("*"):
        try:
            found += path.stat().st_size
        except FileNotFoundError:  # removed meanwhile
            continue
    return found


def _measured(folder: Path, epochs: int, steps: int | None) -> list[dict[str, object]]:
    settings = load_settings(
        {
            "dataset": str(folder),
            "split_by": "source",
            "artifacts": folder / "models",
            "tracker": "null",
            "model": {"epochs": epochs, "keep_keras": False},
        }
    )
    container = container_of(settings)
    dataset, config = container.dataset(), effective_config(settings, container.family(settings.kind))
    workspace = workspace_of(settings, config, dataset.fingerprint())
    looks = _Looks(workspace)

    def step(done: Step) -> None:
        if done.number == 1 and done.epoch == 1:
            looks.phase("epochs")
        looks.phases[-1].steps += 1
        if done.number == steps:
            raise _EnoughError

    command = TrainCommand(
        kind=settings.kind,
        run_name="training-memory",
        seed=0,
        workspace=workspace,
        on_bad_record=BadRecords(lambda line: None, strict=True),
        split=SplitPolicy("source"),
        config=config,
        on_step=step,
        on_phase=lambda phase, _: looks.phase("preparing" if phase is Phase.FITTING else str(phase)),
    )
    with looks.looking(), suppress(_EnoughError):
        run_training(container, dataset, command, _ignore)
    return [asdict(phase) for phase in looks.phases]


def _ignore(_splits: Splits, _taxonomy: object) -> None:
    """Leaves the papers as they are."""


def _table(phases: list[dict[str, float]], papers: int) -> str:
    lines = [
        "| phase | seconds | of processor | memory without files | with files | disk |",
        "|---|---|---|---|---|---|",
    ]
    for phase in phases:
        sizes = " | ".join(f"{phase[name] / _MB:,.0f} MB" for name in ("own", "resident", "disk"))
        lines.append(f"| {phase['name']} | {phase['seconds']:.1f} | {phase['processor']:.1f} | {sizes} |")
    seconds = sum(phase["processor"] for phase in phases)
    lines.append(f"{1e6 * seconds / papers:,.0f} microseconds of processor time per paper in all")
    taken = [phase for phase in phases if phase["steps"]]
    lines += [f"{phase['steps']:,} steps of {phase['processor'] / phase['steps']:.3f} seconds each" for phase in taken]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
