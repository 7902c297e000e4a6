"""The versions of Python and of libraries, found without importing any of them."""

import platform
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_LIBRARIES = ("numpy", "scipy", "onnxruntime", "tokenizers", "pyarrow", "django", "granian", "gradio", "keras")


class Versions(Examination):
    """Looks at the versions of the program, of Python, and of the libraries that decide what a model gives."""

    def __init__(self, program: str, requirements: Iterable[str]) -> None:
        self._program = program
        self._requirements = tuple(requirements)

    @override
    def examine(self) -> Iterable[Finding]:
        found = f"arxiv-classifier {self._program}, Python {platform.python_version()}, {platform.platform()}"
        yield Finding("versions", f"{found}, in {sys.prefix}")
        libraries = ((name, _version(name)) for name in _LIBRARIES)
        yield Finding("libraries", ", ".join(f"{name} {version}" for name, version in libraries if version))
        yield from self._unfit()

    def _unfit(self) -> Iterator[Finding]:
        from packaging.requirements import Requirement

        for requirement in map(Requirement, self._requirements):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            version = _version(requirement.name)
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                told = f"{requirement.name} is {version or 'missing'}; the program needs {requirement}"
                yield Finding("libraries", told, Outcome.FAILURE, f"Run: python -m pip install '{requirement}'")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
