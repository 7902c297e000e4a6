"""Examinations together: each runs, and what fails becomes a finding."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from application.diagnose import Diagnose, ExamineModels
from domain.diagnosis import Diagnosis, Finding, Outcome
from domain.errors import ConfigurationError
from domain.ports.examination import Examination
from tests.examples import small_card
from tests.fakes.model_store import FakeModelStore


class Says(Examination):
    """Finds what it is given."""

    def __init__(self, *findings: Finding) -> None:
        self._findings = findings

    def examine(self) -> Iterable[Finding]:
        """Returns the findings."""
        return self._findings


class Fails(Examination):
    """Cannot look, and says why."""

    def examine(self) -> Iterable[Finding]:
        """Raises."""
        raise ConfigurationError("There is no such thing.")


def test_a_failing_examination_is_a_finding_and_stops_no_other() -> None:
    """An examination that raises is reported as a failure, and those after it run."""
    found = Diagnose({"first": Fails(), "second": Says(Finding("second", "as it should be"))})()
    assert [(each.subject, each.message, each.outcome) for each in found.findings] == [
        ("first", "There is no such thing.", Outcome.FAILURE),
        ("second", "as it should be", Outcome.GOOD),
    ]
    assert found.failed


class IsRefused(Examination):
    """Meets an error of the system."""

    def examine(self) -> Iterable[Finding]:
        """Raises."""
        raise PermissionError(13, "Permission denied", "/root/papers")


def test_an_error_of_the_system_stops_no_other() -> None:
    """An examination that the system refuses something is a failure that names the file, and those after it run."""
    first, second = Diagnose({"first": IsRefused(), "second": Says(Finding("second", "as it should be"))})().findings
    assert (first.outcome, second.outcome) == (Outcome.FAILURE, Outcome.GOOD)
    assert first.message == "cannot be examined: /root/papers: Permission denied" and first.remedy


def test_warnings_are_no_failure() -> None:
    """A diagnosis fails by a failure and by nothing less."""
    found = Diagnosis.of([Finding("disk", "full", Outcome.WARNING, "Delete something.")])
    assert (found.failed, found.count(Outcome.WARNING)) == (False, 1)


def test_what_is_not_good_has_a_remedy() -> None:
    """A finding that is not good and says nothing to do is a programmer's mistake."""
    with pytest.raises(ValueError, match="lacks a remedy"):
        Finding("disk", "full", Outcome.WARNING)


def test_models_are_each_looked_at(tmp_path: Path) -> None:
    """The model in use that cannot be found is a failure. The stored ones are reported beside it."""
    store = FakeModelStore(tmp_path)
    stored = store.save(small_card("baseline"), lambda folder: None)
    failure, *others = ExamineModels(store, "nonesuch").examine()
    assert (failure.subject, failure.outcome) == ("model in use", Outcome.FAILURE)
    assert [each.subject for each in others] == ["model"]
    good = ExamineModels(store, stored.name).examine()
    assert next(iter(good)).message.startswith(stored.name)
