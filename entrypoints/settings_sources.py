"""The settings that the environment and a named file give, with the source of each."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from typing_extensions import override

from domain.diagnosis import Finding
from domain.ports.examination import Examination
from domain.secrets import MASK, Redactor, is_secret_name
from entrypoints import resources
from entrypoints.settings import Settings, read_file
from entrypoints.settings_fields import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, UNPREFIXED

_NO_SETTINGS = (CONFIG_VARIABLE, "ARXIV_CLASSIFIER_DATA")


class ExamineSettings(Examination):
    """Shows each setting of the environment and of a named file with its source. The environment overrides the file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @override
    def examine(self) -> Iterable[Finding]:
        """Returns a finding for each setting, and the files with the defaults. Secrets are masked."""
        redactor = Redactor.of_environment(os.environ)
        found: dict[str, tuple[object, str]] = {}
        for name, value, source in (*_of_file(), *_of_environment()):
            found[name] = (value, source)
        for name, (value, source) in sorted(found.items()):
            # Hashes of keys are no secret, but a key may stand there by mistake.
            shown = MASK if is_secret_name(name) or name == "api.keys" else redactor.text(str(value))
            yield Finding("settings", f"{name} = {shown} (from {source})")
        files = (resources.configs() / f"{name}.yaml" for name in (self._settings.kind, "base"))
        yield Finding("settings", f"all others from {', '.join(str(file) for file in files if file.is_file())}")


def _of_file() -> Iterator[tuple[str, object, str]]:
    if named := os.environ.get(CONFIG_VARIABLE):
        for name, value in _flat(read_file(Path(named))):
            yield name, value, named


def _of_environment() -> Iterator[tuple[str, object, str]]:
    for variable, value in os.environ.items():
        if not value or variable in _NO_SETTINGS:
            continue
        if variable in UNPREFIXED:
            yield UNPREFIXED[variable], value, variable
        elif variable.startswith(ENVIRONMENT_PREFIX):
            yield variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", "."), value, variable


def _flat(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value
