"""Use case: examine the program and its surroundings, and say what to do about what is wrong."""

from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import override

from domain.diagnosis import Diagnosis, Finding, Outcome
from domain.errors import ArxivClassifierError
from domain.ports.examination import Examination
from domain.ports.model_store import ModelStore

_SEE = "docs/troubleshooting.md has the errors and their remedies."


class Diagnose:
    """Runs examinations one after another. One that fails does not stop the others."""

    def __init__(self, examinations: Mapping[str, Examination]) -> None:
        self._examinations = examinations

    def __call__(self) -> Diagnosis:
        """Returns the findings of all examinations, in the order of their subjects."""
        return Diagnosis.of(
            finding for subject, each in self._examinations.items() for finding in _findings(subject, each)
        )


class ExamineModels(Examination):
    """Looks whether the model in use can be found, and whether each stored bundle is as it was saved."""

    def __init__(self, store: ModelStore, reference: str) -> None:
        self._store = store
        self._reference = reference

    @override
    def examine(self) -> Iterable[Finding]:
        """Returns a finding for the model in use and one for each other bundle. Every file's SHA-256 is compared."""
        yield from self._examined("model in use", self._reference)
        for stored in self._store.list():
            yield from self._examined("model", str(stored.folder))

    def _examined(self, subject: str, reference: str) -> Iterator[Finding]:
        try:
            stored = self._store.find(reference)
        except ArxivClassifierError as error:
            yield Finding(subject, str(error), Outcome.FAILURE, "`arxiv-classifier models list` lists those that work.")
            return
        yield Finding(subject, f"{stored.name} in {stored.folder}: {len(stored.files)} files, all as they were saved")


def _findings(subject: str, examination: Examination) -> Iterator[Finding]:
    try:
        yield from examination.examine()
    except ArxivClassifierError as error:
        yield Finding(subject, str(error), Outcome.FAILURE, _SEE)
    except OSError as error:
        told = f"cannot be examined: {error.filename or subject}: {error.strerror or error}"
        yield Finding(subject, told, Outcome.FAILURE, _SEE)
