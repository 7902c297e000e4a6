"""The accelerators that each of Keras' backends could use, found without importing a backend."""

import os
import platform
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_BACKENDS = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "torch": ("torch",), "jax": ("jax",)}


class Accelerators(Examination):
    """Looks for NVIDIA's devices and Apple's, and for backends that are built to use them."""

    def __init__(self, devices: Path = Path("/dev")) -> None:
        self._devices = devices

    @override
    def examine(self) -> Iterable[Finding]:
        cuda = len(list(self._devices.glob("nvidia[0-9]*")))
        apple = platform.system() == "Darwin" and platform.machine() == "arm64"
        found = ", ".join([f"{cuda} NVIDIA"] * bool(cuda) + ["Apple MPS"] * apple) or "none; serving needs none"
        yield Finding("accelerators", found)
        yield from self._backends(cuda=bool(cuda), apple=apple)

    def _backends(self, *, cuda: bool, apple: bool) -> Iterator[Finding]:
        installed = {backend: list(_installed(packages)) for backend, packages in _BACKENDS.items()}
        only_torch = [backend for backend, found in installed.items() if found] == ["torch"]
        chosen = os.environ.get("KERAS_BACKEND") or ("torch" if only_torch else "tensorflow")
        if not installed.get(chosen) and os.environ.get("KERAS_BACKEND"):
            yield _not_installed(chosen, [backend for backend, found in installed.items() if found])
        for backend, found in installed.items():
            for name, version in found:
                mark = ", in use" if backend == chosen else ""
                yield _finding(f"{name} {version}{mark}", unused=_unused(name, version, cuda=cuda, apple=apple))


def _installed(packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in packages:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _unused(name: str, version: str, *, cuda: bool, apple: bool) -> str:
    """Returns the remedy for a device that this build of a backend cannot use, or an empty text."""
    if cuda and name == "tensorflow-cpu":
        return "Install the extra cuda and set KERAS_BACKEND=torch, or install tensorflow[and-cuda] in place of it."
    if cuda and name == "torch" and version.endswith("+cpu"):
        return "Install a build of torch for CUDA."
    if apple and name.startswith("tensorflow"):
        return "Install torch and set KERAS_BACKEND=torch to train on Apple's device."
    return ""


def _not_installed(chosen: str, installed: list[str]) -> Finding:
    fault = "not installed" if chosen in _BACKENDS else "no backend of Keras for training"
    remedy = f"To train, set it to {' or '.join(installed)}." if installed else "To train, install the extra train."
    return Finding("backend", f"KERAS_BACKEND is {chosen!r}, which is {fault}", Outcome.WARNING, remedy)


def _finding(told: str, *, unused: str) -> Finding:
    if unused:
        return Finding("backend", f"{told}, does not use the device", Outcome.WARNING, unused)
    return Finding("backend", told)
