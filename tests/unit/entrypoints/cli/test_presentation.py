"""Progress, bad records and tables."""

import io
import sys

import pytest

from application.train import Phase
from domain.errors import InvalidInputError
from domain.ports.classifier import Step
from domain.ports.dataset import BadRecord
from entrypoints.cli.bad_records import KINDS, SHOWN, BadRecords
from entrypoints.cli.progress import PATIENCE_SECONDS, Progress
from entrypoints.cli.tables import print_table
from entrypoints.cli.training_progress import TrainingProgress
from tests.waiting import until


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time that was set."""
        return self.now


def _progress_after(seconds: float, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    clock = Clock()
    with Progress("papers", clock=clock) as progress:
        clock.now = seconds
        progress.advance(1234, "of 2 months")
        progress.say("a remark")
    return stream.getvalue()


def test_progress_is_shown_on_a_terminal_after_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that takes longer than two seconds shows how far it is."""
    shown = _progress_after(PATIENCE_SECONDS + 0.1, monkeypatch, Terminal())
    assert "1,234 papers of 2 months, " in shown
    assert "a remark" in shown


@pytest.mark.parametrize(
    ("seconds", "stream"), [(1.9, Terminal()), (99.0, io.StringIO())], ids=["quick", "no terminal"]
)
def test_progress_is_silent_otherwise(monkeypatch: pytest.MonkeyPatch, seconds: float, stream: io.StringIO) -> None:
    """Quick work, and work whose stderr goes to a file, shows nothing but what is said."""
    assert _progress_after(seconds, monkeypatch, stream) == "a remark\n"


def test_what_passes_is_counted() -> None:
    """Items come through unchanged and are counted by the thousand."""
    with Progress("papers") as progress:
        assert sum(progress.counting(range(2500))) == sum(range(2500))
        assert progress.done == 2000


def test_bad_records_are_named_up_to_a_limit_and_all_counted() -> None:
    """Of a file full of bad records, three of each kind are named and the others counted, by kind and in all."""
    said: list[str] = []
    bad_records = BadRecords(said.append, strict=False)
    for line in range(1, 101):
        bad_records(BadRecord("papers.csv", line, f"The abstract has {line + 20_000:,} characters."))
    bad_records(BadRecord("papers.csv", 101, "The abstract is blank."))
    bad_records.summary()
    assert said[:3] == [f"papers.csv:{line}: The abstract has 20,00{line} characters." for line in (1, 2, 3)]
    assert said[3] == "papers.csv:101: The abstract is blank."
    assert said[4] == "... and 97 more of this kind: The abstract has 20,001 characters."
    assert said[5].startswith("101 bad records left out.")
    assert len(said) == 6


def test_details_make_no_kinds_of_their_own() -> None:
    """What a JSON line lacks, and the type of a field, do not tell kinds of bad records apart."""
    said: list[str] = []
    bad_records = BadRecords(said.append, strict=False)
    for reason in ("not JSON: Extra data", "not JSON: Expecting value", "not JSON: char 7", "not JSON: x"):
        bad_records(BadRecord("a.jsonl", 1, f"The line is {reason}."))
    for kind in ("int", "list", "dict", "bool"):
        bad_records(BadRecord("a.jsonl", 2, f"The abstract is of type {kind}."))
    bad_records.repeated()
    assert len(said) == 2 * SHOWN + 2


def test_many_kinds_of_bad_records_do_not_flood_the_terminal() -> None:
    """After ten kinds, the others are counted as one."""
    said: list[str] = []
    bad_records = BadRecords(said.append, strict=False)
    for line in range(500):
        bad_records(BadRecord("papers.csv", line, "the " * (line % 100) + "end"))
    bad_records.summary()
    assert len(said) == SHOWN * (KINDS + 1) + (KINDS + 1) + 1
    assert "... and 447 more of other kinds." in said


def test_no_bad_record_needs_no_summary() -> None:
    """If everything could be read, nothing is said."""
    said: list[str] = []
    BadRecords(said.append, strict=False).summary()
    assert said == []


def test_the_first_bad_record_stops_a_strict_command() -> None:
    """With --strict, a bad record is an error that names its place."""
    with pytest.raises(InvalidInputError, match=r"papers\.csv:7: blank"):
        BadRecords(print, strict=True)(BadRecord("papers.csv", 7, "blank"))


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Off a terminal, columns are padded with spaces and numbers stand to the right."""
    print_table(["model", "papers", "micro F1"], [["a/1", 16000, 0.71234], ["long/name", 5, 0.5]])
    assert capsys.readouterr().out.splitlines() == [
        "model      papers  micro F1",
        "a/1        16,000    0.7123",
        "long/name       5    0.5000",
    ]


def test_a_table_on_a_terminal_holds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the table is drawn; brackets in a cell are text, not markup."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    print_table(["model", "micro F1"], [["[red]x", 0.71234]])
    shown = terminal.getvalue()
    assert "[red]x" in shown
    assert "0.7123" in shown


def _training_shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, tracked: bool = False) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with TrainingProgress(tracked=tracked) as progress:
        progress.reading("papers.csv")
        progress.phase(Phase.FITTING, 1234)
        for number in range(1, 8):
            progress.step(Step(2, number, 7))
        progress.phase(Phase.RECORDING, 5)
    return stream.getvalue()


def test_steps_of_an_epoch_are_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, the epoch and its steps stand under the lines of the phases."""
    drawn: list[object] = []
    monkeypatch.setattr("rich.progress.Progress.update", lambda self, task, **fields: drawn.append(fields["counted"]))
    shown = _training_shown(monkeypatch, Terminal())
    assert "Loading the training libraries and preparing 1,234 papers." in shown
    assert "\x1b" in shown
    assert drawn[-1] == "7 of 7 steps"


def test_steps_are_not_shown_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """If stderr is no terminal, phases are lines and steps are nothing. A tracker is named where there is one."""
    line = "Loading the training libraries and preparing 1,234 papers.\n"
    assert _training_shown(monkeypatch, io.StringIO()) == line
    assert _training_shown(monkeypatch, io.StringIO(), tracked=True).startswith(f"{line}Recording metrics")


def test_a_closed_stderr_stops_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is lost without stderr, and nothing else is."""
    monkeypatch.setattr(sys, "stderr", None)
    with TrainingProgress(tracked=False) as progress:
        progress.phase(Phase.FITTING, 1)
        progress.step(Step(1, 1, 1))


def test_reading_is_told_of_where_it_takes_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers that are read at once are not spoken of. Those that take longer are."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with TrainingProgress(tracked=False, patience=60) as progress:
        progress.reading("papers.csv")
    assert stream.getvalue() == ""
    with TrainingProgress(tracked=False, patience=0) as progress:
        progress.reading("papers.csv")
        until(lambda: stream.getvalue() == "Reading the papers of papers.csv.\n")
