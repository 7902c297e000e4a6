"""Puts together what `doctor` and the start of `serve` examine."""

import os
from collections.abc import Mapping
from importlib import metadata

from typing_extensions import override

from application.diagnose import Diagnose, ExamineModels
from domain.diagnosis import Diagnosis, Finding, Outcome
from domain.errors import ArxivClassifierError
from domain.ports.examination import Examination
from entrypoints.container import container_of
from entrypoints.registry import EXAMINATIONS, load
from entrypoints.settings import Settings, load_settings
from entrypoints.settings_sources import ExamineSettings
from entrypoints.version import NAME, program_version

HOSTS = (("huggingface.co", 443), ("export.arxiv.org", 443))
PORTS = (8000, 7860)
_LOOK = "docs/configuration.md has every setting. What follows is examined with the defaults."


class _Unreadable(Examination):
    """An examination that reports settings that cannot be read."""

    def __init__(self, error: ArxivClassifierError) -> None:
        self._error = error

    @override
    def examine(self) -> tuple[Finding, ...]:
        return (Finding("settings", str(self._error), Outcome.FAILURE, _LOOK),)


class _Api(Examination):
    """An examination of the API's options, which are checked as at its start."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self._options = options

    @override
    def examine(self) -> tuple[Finding, ...]:
        options = load("entrypoints.rest.options:api_options")(self._options)
        keys = "keys asked for" if options.keys or options.keys_file else "open to every client that reaches it"
        return (Finding("API", f"{'production' if options.production else 'no production'}, {keys}"),)


class _Data(Examination):
    """An examination of the source of labelled papers, if the settings name one."""

    def __init__(self, dataset: str | None) -> None:
        self._dataset = dataset

    @override
    def examine(self) -> tuple[Finding, ...]:
        if self._dataset is None:
            return (Finding("data", "no dataset is named; `train` takes one with --dataset"),)
        if os.path.exists(self._dataset):
            return (Finding("data", f"{self._dataset} is there"),)
        if "://" in self._dataset:
            return (Finding("data", f"{self._dataset} is an address. `data stats` tries it"),)
        remedy = "If it is a data set of the hub, this is as it should be. Else correct the setting dataset."
        return (Finding("data", f"{self._dataset} is no file or folder here", Outcome.WARNING, remedy),)


def diagnosis(*, network: bool = False) -> Diagnosis:
    """Returns the findings about the program, this machine, settings, models and data."""
    try:
        settings, of_settings = load_settings(), None
    except ArxivClassifierError as error:
        settings, of_settings = Settings(), _Unreadable(error)
    looked = {**_machine(settings), "settings": of_settings or ExamineSettings(settings)}
    looked |= {"API": _Api(settings.api), "model": _models(settings), "data": _Data(settings.dataset)}
    looked |= {"hub cache": load(EXAMINATIONS["hub cache"])(), "port": load(EXAMINATIONS["port"])(PORTS)}
    if network:
        looked["network"] = load(EXAMINATIONS["network"])(HOSTS)
    return Diagnose(looked)()


def start_diagnosis(settings: Settings) -> Diagnosis:
    """Returns the findings that a server logs first, in milliseconds: on the program, this machine and the settings."""
    return Diagnose({**_machine(settings), "settings": ExamineSettings(settings)})()


def summary(found: Diagnosis) -> str:
    """Returns the counts of findings as a sentence."""
    failures, warnings = found.count(Outcome.FAILURE), found.count(Outcome.WARNING)
    return f"{len(found.findings)} findings: {failures} failures, {warnings} warnings."


def _machine(settings: Settings) -> dict[str, Examination]:
    return {
        "versions": load(EXAMINATIONS["versions"])(program_version(), _requirements()),
        "processor": load(EXAMINATIONS["processor"])(),
        "accelerators": load(EXAMINATIONS["accelerators"])(),
        "folders": load(EXAMINATIONS["folders"])({"models": settings.artifacts}),
        "temporary files": load(EXAMINATIONS["temporary files"])(),
    }


def _models(settings: Settings) -> ExamineModels:
    store = container_of(settings).model_store()
    return ExamineModels(store, settings.model_reference)


def _requirements() -> tuple[str, ...]:
    try:
        return tuple(metadata.requires(NAME) or ())
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return ()
