"""A progress line on stderr for work that takes a while."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from entrypoints.standard_error import write_line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

PATIENCE_SECONDS = 2.0
_STEP = 1000

Item = TypeVar("Item")


class Progress:
    """A counter that is shown after two seconds, if stderr is a terminal.

    With a `total` it also shows the share that is done and the time that is left. `passed` counts what an earlier run
    did, which the rate leaves out.
    """

    def __init__(self, what: str, *, total: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = 0
        self.passed = 0
        self._total = total
        self._what = what
        self._clock = clock
        self._started = clock()
        self._display: RichProgress | None = None
        self._note = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._display is not None:
            self._display.stop()

    def advance(self, count: int, note: str = "") -> None:
        """Counts `count` more. `note` says how far the work is."""
        self.done += count
        self._note = note
        if self._display is not None:
            self._display.update(self._display.task_ids[0], **self._shown_now())
        elif self._clock() - self._started > PATIENCE_SECONDS and sys.stderr.isatty():
            self._display = self._shown()

    def counting(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yields the same items and counts them."""
        for number, item in enumerate(items, start=1):
            if number % _STEP == 0:
                self.advance(_STEP)
            yield item

    def say(self, line: str) -> None:
        """Writes one line to stderr, above the progress line."""
        if self._display is None:
            write_line(line)
        else:
            self._display.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @property
    def rate(self) -> float:
        """Returns the mean count per second so far."""
        return (self.done - self.passed) / max(self._clock() - self._started, 1e-9)

    def _shown(self) -> "RichProgress":
        # The import takes 0.1 s, and most calls end before the line is shown.
        from rich.console import Console
        from rich.progress import Progress as RichProgress
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.completed:,.0f} " + self._what),
            TextColumn("{task.fields[note]}{task.fields[rate]} per second"),
            TimeElapsedColumn(),
        )
        display = RichProgress(*columns, console=Console(stderr=True), transient=True)
        display.add_task("", total=None, **self._shown_now())
        display.start()
        return display

    def _shown_now(self) -> dict[str, Any]:
        note = f"{self._note}, " if self._note else ""
        if self._total:
            left = timedelta(seconds=round((self._total - self.done) / max(self.rate, 1e-9)))
            note += f"{self.done / self._total:.0%}, {left} left, " if self.done > self.passed else ""
        return {"completed": self.done, "rate": f"{self.rate:,.0f}", "note": note}
