"""The progress of a training on stderr: a line for each phase, and on a terminal a bar of the epoch's steps."""

from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING

from domain.ports.classifier import Step
from entrypoints.cli.messages import say
from entrypoints.logs import writes_json
from entrypoints.standard_error import on_terminal

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from application.train import Phase

READING = "reading"
_SENTENCES = {
    READING: "Reading the papers of {of}.",
    "fitting": "Loading the training libraries and preparing {of} papers.",
    "tuning": "Calibrating probabilities and tuning the threshold on {of} validation papers.",
    "evaluating": "Evaluating on {of} test papers.",
    "rounding": "Measuring the cost of rounding the weights on {of} validation papers.",
    "saving": "Saving the model.",
    "recording": "Recording metrics, charts and the model with the tracker.",
}


class TrainingProgress:
    """The progress of one training. The bar is below all other output, and disappears when the block ends.

    The phase of recording is shown only if the run is `tracked`. The phase of reading is shown when it takes longer
    than `patience` seconds, so that an error in a setting appears without it.
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
        """Begins the phase of reading the papers of a source."""
        self._show(READING)
        self._waiting = Timer(self._patience, _say, (READING, source))
        self._waiting.daemon = True
        self._waiting.start()

    def phase(self, phase: "Phase", papers: int) -> None:
        """Begins a phase that works on this number of papers."""
        self._stop_waiting()
        if self._tracked or phase != "recording":
            _say(str(phase), f"{papers:,}")
            self._show(str(phase))

    def step(self, step: Step) -> None:
        """Shows a finished step."""
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
            # Without a total, the bar moves back and forth.
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
