"""The log: two forms, whose line it is, and what never stops the work it is about."""

import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from application.runs.run_context import bound
from domain.errors import ConfigurationError
from domain.log_events import log_event
from entrypoints import logs
from entrypoints.settings import load_settings
from tests.lazily import skip_without

_logger = logging.getLogger("application.example")


class Stderr(io.StringIO):
    """A stderr that may be a terminal."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether someone looks on."""
        return self._terminal


Text = Callable[[], str]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Text:
    """Returns the text on stderr, which is no terminal."""
    return lambda: capsys.readouterr().err


@pytest.fixture
def lines(stderr: Text) -> Lines:
    """The JSON lines that were written."""
    logs.set_up("json", "info")
    return lambda: [json.loads(line) for line in stderr().splitlines()]


@pytest.fixture
def request_id() -> Iterator[str]:
    """An id that is bound to every line of a request."""
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        yield "r1"


def test_a_record_is_an_event_with_its_fields(lines: Lines) -> None:
    """A line has the event, its sentence and its fields, in this order."""
    log_event(_logger, "epoch_finished", "epoch 3 is over", epoch=3)
    log_event(_logger, "epoch_begun", "not written", level=logging.DEBUG)
    (line,) = lines()
    assert list(line)[:4] == ["timestamp", "level", "event", "message"]
    assert (line["level"], line["event"], line["message"]) == ("info", "epoch_finished", "epoch 3 is over")
    assert (line["epoch"], line["pid"]) == (3, os.getpid())
    assert line["timestamp"].endswith("Z")


def test_libraries_are_named(lines: Lines) -> None:
    """A library's warning is the event library_message, with the library's name."""
    logging.getLogger("urllib3.pool").warning("Retrying %s", "now")
    logging.getLogger("urllib3.pool").info("Starting")
    (line,) = lines()
    assert (line["event"], line["logger"], line["message"]) == ("library_message", "urllib3.pool", "Retrying now")


def test_warnings_of_python_are_events(lines: Lines) -> None:
    """A warning is written as a line and not as loose text."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("this will change", UserWarning, stacklevel=1)
    (line,) = lines()
    assert line["logger"] == "py.warnings" and "this will change" in line["message"]


def test_a_line_of_a_request_has_its_id(lines: Lines, request_id: str) -> None:
    """An event needs no sentence, and carries the id that is bound to its request."""
    log_event(_logger, "model_loaded", model="baseline/1")
    (line,) = lines()
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert "message" not in line
    assert (line["event"], line["model"], line["request_id"]) == ("model_loaded", "baseline/1", request_id)


def test_a_line_has_the_traceback_of_its_exception(lines: Lines) -> None:
    """The exception of an event is written with the place that raised it."""
    try:
        raise ValueError("odd")
    except ValueError as error:
        log_event(_logger, "request_failed", level=logging.ERROR, exception=error)
    (line,) = lines()
    assert line["level"] == "error"
    assert "test_logs.py" in line["exception"] and line["exception"].endswith("ValueError: odd")


def test_people_read_a_sentence(stderr: Text) -> None:
    """On the console a line is the sentence, the event's name and the run; fields repeat what the sentence says."""
    logs.set_up("console", "info")
    with bound(run_id="run-1"):
        log_event(_logger, "epoch_finished", "epoch 3 is over", level=logging.WARNING, epoch=3)
    written = stderr()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \[", written)
    assert written.partition(" [")[2] == "warning  ] epoch 3 is over event=epoch_finished run_id=run-1\n"


def test_people_read_every_field_where_there_is_no_sentence(stderr: Text, lines: Lines) -> None:
    """An event without a sentence shows its name and all its fields."""
    logs.set_up("console", "info")
    log_event(_logger, "model_loaded", model="baseline/1")
    assert stderr().endswith(" [info     ] model_loaded model=baseline/1\n")


@pytest.mark.parametrize(
    ("log_format", "service", "terminal", "as_json"),
    [
        ("auto", False, False, False),
        ("auto", False, True, False),
        ("auto", True, False, True),
        ("auto", True, True, False),
        ("json", False, True, True),
        ("console", True, False, False),
    ],
)
def test_the_form(
    monkeypatch: pytest.MonkeyPatch, log_format: str, service: bool, terminal: bool, as_json: bool
) -> None:
    """A chosen form holds. By default, only a service whose stderr is no terminal writes JSON."""
    monkeypatch.setattr(sys, "stderr", Stderr(terminal=terminal))
    assert logs.set_up(log_format, "info", service=service).as_json == as_json
    assert logs.writes_json() == as_json


def test_colors_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colours, unless NO_COLOR says not. A file never does."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", Stderr(terminal=True))
    assert logs.set_up("console", "info").colors
    monkeypatch.setenv("NO_COLOR", "1")
    assert not logs.set_up("console", "info").colors
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr(sys, "stderr", Stderr())
    assert not logs.set_up("console", "info").colors


@pytest.mark.parametrize(
    ("level", "own", "others"),
    [("debug", 4, 2), ("info", 3, 2), ("warning", 2, 2), ("error", 1, 1)],
)
def test_levels(stderr: Text, level: str, own: int, others: int) -> None:
    """`log_level` bounds the program's own lines; libraries are never heard below a warning."""
    logs.set_up("json", level)
    for name in ("adapters.example", "somelibrary"):
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(number, "said", extra={"event": "thing_said", "by": name})
    said = [json.loads(line)["by"] for line in stderr().splitlines()]
    assert (said.count("adapters.example"), said.count("somelibrary")) == (own, others)


def test_setting_up_twice_writes_once(stderr: Text) -> None:
    """A second set-up takes the first one's place and leaves other handlers alone."""
    other = logging.NullHandler()
    logging.root.addHandler(other)
    logs.set_up("console", "info")
    logs.set_up("json", "info")
    _logger.info("said", extra={"event": "thing_said"})
    assert len(stderr().splitlines()) == 1
    assert other in logging.root.handlers


def test_threads_of_a_library_belong_to_the_run(lines: Lines) -> None:
    """Lines of threads that a library starts carry the run's id during the run."""
    with bound(run_id="run-1", sweep_id="sweep-1"):
        thread = threading.Thread(target=_logger.info, args=("said",), kwargs={"extra": {"event": "thing_said"}})
        thread.start()
        thread.join()
    _logger.info("said", extra={"event": "thing_said"})
    within, after = lines()
    assert (within["run_id"], within["sweep_id"]) == ("run-1", "sweep-1")
    assert "run_id" not in after


def test_a_traceback_has_no_values(lines: Lines) -> None:
    """An exception is logged with its traceback and without the values of variables."""
    text_of_a_paper = "unpublished " * 3
    try:
        raise ValueError("it broke" + text_of_a_paper[:0])
    except ValueError:
        _logger.exception("It failed.", extra={"event": "run_failed"})
    (line,) = lines()
    assert "ValueError: it broke" in line["exception"] and "Traceback" in line["exception"]
    assert "unpublished unpublished" not in json.dumps(line)


def test_whatever_a_field_holds_is_json(lines: Lines) -> None:
    """Paths, numbers of numpy, NaN, bytes, sets and objects are written so that every JSON reader takes them."""
    numpy = pytest.importorskip("numpy")
    fields = {
        "path": Path("a/b"),
        "nan": float("nan"),
        "small": numpy.float32(0.5),
        "count": numpy.int64(3),
        "nested": {"inner": [float("inf"), {1, 2}]},
        "bytes": b"\xff",
        "lone": "\ud800",
    }
    _logger.info("said", extra={"event": "thing_said", **fields})
    (line,) = lines()
    assert (line["path"], line["nan"], line["small"], line["count"]) == ("a/b", "nan", 0.5, 3)
    assert line["nested"] == {"inner": ["inf", [1, 2]]}


def test_an_event_stays_on_its_line(stderr: Text) -> None:
    """Line breaks and control characters that came from outside are spelt out on the console."""
    logs.set_up("console", "info")
    _logger.info("found %s", "a\nb\x1b[31m", extra={"event": "thing_said"})
    written = stderr()
    assert written.count("\n") == 1 and "\x1b" not in written
    assert r"found a\nb\x1b[31m" in written


class _Unspeakable:
    """An object without a text."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "wrong", [{"args": ("one",)}, {"args": (1, 2), "field": _Unspeakable()}, {"args": (_Unspeakable(), 1)}]
)
def test_a_line_that_cannot_be_formed_is_written_plainly(stderr: Text, wrong: dict[str, Any]) -> None:
    """A mistake in a log call costs the sentence or the fields, and nothing else."""
    record = logging.makeLogRecord({"name": "application", "event": "thing_said", "msg": "%d of %d", **wrong})
    logs.set_up("json", "info").handle(record)
    line = json.loads(stderr())
    assert line["event"] == "thing_said" and "%d of %d" in line["message"]


def test_a_form_that_fails_altogether_leaves_a_line(stderr: Text) -> None:
    """If nothing can be formed, level, logger and what was to be said are written."""
    handler = logs.set_up("json", "info")
    handler.setFormatter(_Broken())
    handler.handle(
        logging.makeLogRecord({"name": "application", "levelname": "INFO", "msg": "%d of %d", "args": ("one",)})
    )
    assert stderr() == "INFO application: '%d of %d' ('one',)\n"


class _Broken(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        raise RuntimeError("no form")


class Full(Stderr):
    """A disk without space."""

    def write(self, text: str) -> int:
        """Fails as a full disk does."""
        raise OSError(28, "No space left on device")


def _closed() -> Stderr:
    found = Stderr()
    found.close()
    return found


@pytest.mark.parametrize("broken", [None, Full(), _closed()], ids=["none", "full", "closed"])
@pytest.mark.parametrize("log_format", ["console", "json", "auto"])
def test_no_stderr_is_no_fault(monkeypatch: pytest.MonkeyPatch, broken: Stderr | None, log_format: str) -> None:
    """Without a stderr that takes lines they are lost, with tracebacks or without, and nothing is raised."""
    monkeypatch.setattr(sys, "stderr", broken)
    logs.set_up(log_format, "info", service=True)
    try:
        raise ValueError("it broke")
    except ValueError:
        _logger.exception("It failed.", extra={"event": "run_failed"})
    logging.getLogger("somelibrary").error("said")
    monkeypatch.undo()


def test_setting_up_imports_nothing_heavy(project: Path) -> None:
    """structlog comes with the first line and not before."""
    code = (
        "import sys, logging; from entrypoints import logs; logs.configured();"
        "assert 'structlog' not in sys.modules;"
        "own = logging.getLogger('application');"
        "own.debug('not written'); assert 'structlog' not in sys.modules;"
        "own.info('said', extra={'event': 'thing_said'}); assert 'structlog' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr


@pytest.mark.slow
def test_libraries_with_handlers_of_their_own_are_adopted(project: Path) -> None:
    """Warnings of Optuna, MLflow and uvicorn are single lines like any other, though they add handlers on import."""
    code = (
        "import logging; from entrypoints import logs; logs.set_up('json', 'info');"
        "import optuna, uvicorn, mlflow; uvicorn.Config(lambda: None);"
        "logger = [logging.getLogger(f'{name}.inner') for name in ('optuna', 'mlflow', 'uvicorn')];"
        "[(each.info('not written'), each.warning('written')) for each in logger]"
    )
    skip_without("mlflow")
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=60)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["logger"], line["message"]) for line in told] == [
        ("library_message", f"{name}.inner", "written") for name in ("optuna", "mlflow", "uvicorn")
    ]


def test_settings_decide(stderr: Text, monkeypatch: pytest.MonkeyPatch) -> None:
    """Form and level come from the environment as all settings do, in whatever case."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_FORMAT", "JSON")
    monkeypatch.setenv("ARXIV_CLASSIFIER_LOG_LEVEL", "Warning")
    assert (logs.configured().log_format, logs.configured().log_level) == ("json", "warning")
    _logger.info("said", extra={"event": "thing_said"})
    _logger.warning("said", extra={"event": "thing_said"})
    (line,) = stderr().splitlines()
    assert json.loads(line)["level"] == "warning"


@pytest.mark.parametrize(("name", "value"), [("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud"), ("LOG_LEVEL", "3")])
def test_unknown_forms_and_levels_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The error names the variable, what it is and what there is."""
    monkeypatch.setenv(f"ARXIV_CLASSIFIER_{name}", value)
    with pytest.raises(ConfigurationError, match=f"variable ARXIV_CLASSIFIER_{name} is '{value}'.*or"):
        load_settings()
