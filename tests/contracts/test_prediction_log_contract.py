"""The contract of every prediction log."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.prediction_log.json_lines import JsonLinesPredictionLog
from adapters.prediction_log.records import line_of, prediction_of
from domain.errors import StorageUnavailableError
from domain.logged_prediction import LoggedPrediction
from domain.ports.dataset import BadRecord
from domain.ports.prediction_log import PredictionLog
from tests.fakes.prediction_log import FakePredictionLog
from tests.strategies import logged_predictions

LOGS: dict[str, Callable[[Path], PredictionLog]] = {
    "fake": lambda folder: FakePredictionLog(),
    "jsonl": lambda folder: JsonLinesPredictionLog(folder, keep_text=True),
    "small files": lambda folder: JsonLinesPredictionLog(folder, keep_text=True, most_bytes=1),
}


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> PredictionLog:
    """A log that nothing was added to."""
    return LOGS[request.param](tmp_path / "log")


def no_bad_record(record: BadRecord) -> None:
    """There are none."""
    raise AssertionError(record)


@given(st.data())
def test_a_line_is_read_as_it_was_written(data: st.DataObject) -> None:
    """A logged prediction comes back from its line, probabilities to four decimals."""
    prediction = data.draw(logged_predictions())
    assert prediction_of(line_of(prediction, keep_text=True)) == prediction


def test_what_was_added_comes_back_in_order(log: PredictionLog) -> None:
    """All that was added is there, in its order, also what was added after closing."""
    first, second, third = (example(f"r{number}") for number in range(3))
    log.add([first, second])
    log.close()
    log.add([third])
    assert list(log.predictions(no_bad_record)) == [first, second, third]


def test_nothing_is_no_log(log: PredictionLog) -> None:
    """A log that nothing was added to says so."""
    with pytest.raises(StorageUnavailableError, match="There is no prediction log"):
        list(log.predictions(no_bad_record))


def test_closing_twice_is_closing(log: PredictionLog) -> None:
    """A log may be closed without having been open."""
    log.close()
    log.close()


def example(request_id: str) -> LoggedPrediction:
    """One prediction."""
    found: LoggedPrediction = prediction_of(
        b'{"time":"2026-11-25T10:00:00.000+00:00","prediction_id":"%b:0","paper_sha256":"ab","variant":null,'
        b'"assignment":"none","model":"fake/1","labels":[{"label":"cs.CV","probability":0.9}],'
        b'"top":[{"label":"cs.CV","probability":0.9}],"milliseconds":1.5}' % request_id.encode()
    )
    return found
