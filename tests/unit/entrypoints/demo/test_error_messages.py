"""Errors on the page."""

import logging

import pytest

from domain.errors import InvalidFieldError, InvalidInputError
from entrypoints.demo.error_messages import UNFORESEEN, sentence


def test_errors_of_ours_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """One of our errors is shown to the visitor and is not logged."""
    assert sentence(InvalidInputError("The abstract is blank.")) == "The abstract is blank."
    assert not caplog.records


def test_settings_are_not_named() -> None:
    """A visitor cannot change a setting, so a limit is said without the name of the setting."""
    error = InvalidFieldError("abstract", "The abstract has 20,001 characters, and 20,000 are read.", "max_characters")
    assert sentence(error) == "The abstract has 20,001 characters, and 20,000 are read."


def test_what_nobody_foresaw_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Any other error is in the log with its traceback, and the page has none of its words."""
    with caplog.at_level(logging.ERROR):
        assert sentence(KeyError("/home/ann/secret")) == UNFORESEEN
    (record,) = caplog.records
    assert vars(record)["event"] == "request_failed" and record.exc_info
