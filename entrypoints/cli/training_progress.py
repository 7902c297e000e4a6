"""What a training does, told on stderr: a line for each phase, and on a terminal a bar of the epoch's steps."""

from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING

from domain.ports.classifier import Step
from entrypoints.cli.messages import say
from entrypoints.logs import on_terminal, writes_json

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from application.train import Phase

READING = "reading"
_SENTENCES = {
    READING: "Reading the papers of {of}.",
    "fitting": "Loading the training libraries and preparing {of} papers.",
    "tuning": "Calibrating probabilities and tuning the threshold on {of} validation papers.",
    "evaluating": "Evaluating on {of} test papers.",
    "rounding": "Measuring on {of} validation papers what rounding the weights costs.",
    "saving": "Saving the model.",
    "recording": "Handing metrics, charts and the model to the tracker.",
}


class TrainingProgress:
    """Follows one training; the bar stands under what else is written, and goes when the block ends.

    Without a tracker, `tracked` being false, nothing is said of handing anything to it. That papers are read is said
    when it takes longer than `patience` seconds: a mistake in a setting, told meanwhile, stands alone.
    """

    def __init__(self, *, tracked: bool, patience: float = 1.0) -> None:
        self._tracked = tracked
        self._patience = patience
        self._waiting: Timer | None = None
        self._display: RichProgress | None = None

    def __enter__(self) -> "TrainingProgress":
        if on_terminal() and not writes_json():
            self._display = _display()
            self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_waiting()
        if self._display is not None:
            self._display.stop()

    def reading(self, source: str) -> None:
        """The papers of a source are read now."""
        self._show(READING)
        self._waiting = Timer(self._patience, _say, (READING, source))
        self._waiting.daemon = True
        self._waiting.start()

    def phase(self, phase: "Phase", papers: int) -> None:
        """A phase begins that is about so many papers."""
        self._stop_waiting()
        if self._tracked or phase != "recording":
            _say(str(phase), f"{papers:,}")
            self._show(str(phase))

    def step(self, step: Step) -> None:
        """A step is done."""
        if self._display is not None:
            task = self._display.task_ids[0]
            counted = f"{step.number:,} of {step.steps:,} steps"
            self._display.update(
                task, description=f"epoch {step.epoch}", completed=step.number, total=step.steps, counted=counted
            )

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def _show(self, phase: str) -> None:
        if self._display is not None:
            # Without a total, the bar moves to and fro.
            self._display.reset(self._display.task_ids[0], description=phase, total=None, counted="")


def _say(phase: str, of: str) -> None:
    say(_SENTENCES[phase].format(of=of), event="training_phase_begun", phase=phase)


def _display() -> "RichProgress":
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TimeElapsedColumn(),
    )
    display = RichProgress(*columns, console=Console(stderr=True), transient=True)
    display.add_task("starting", total=None, counted="")
    return display
