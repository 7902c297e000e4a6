"""The folders that the program writes to: permission and free space."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from typing_extensions import override

from domain.diagnosis import Finding, Outcome
from domain.ports.examination import Examination

_LEAST_ROOM = 1 << 29
_NO_TEMPORARY_FOLDER = (
    "Let this user write to /tmp, or name another folder with TMPDIR. In a container, mount a tmpfs at /tmp."
)


class Folders(Examination):
    """Examines folders by their purpose. A missing folder is no fault, because it is made when it is needed."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders

    @override
    def examine(self) -> Iterable[Finding]:
        return [_finding(purpose, folder) for purpose, folder in self._folders.items()]


class TemporaryFolder(Examination):
    """Examines the folder of temporary files, which Python chooses among TMPDIR, /tmp and others by writing a file."""

    @override
    def examine(self) -> Iterable[Finding]:
        try:
            folder = Path(tempfile.gettempdir())
        except FileNotFoundError as error:
            yield Finding("folder of temporary files", str(error), Outcome.FAILURE, _NO_TEMPORARY_FOLDER)
            return
        yield _finding("temporary files", folder)


def _finding(purpose: str, folder: Path) -> Finding:
    subject = f"folder of {purpose}"
    # os.path.exists, because Path.exists raises for a folder in one that this user may not enter.
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.exists(each))
    if not _writable(existing):
        remedy = f"Let user {os.getuid() if hasattr(os, 'getuid') else ''} write to it, or name another folder."
        return Finding(subject, f"{folder} cannot be written", Outcome.WARNING, remedy)
    room = shutil.disk_usage(existing).free
    told = f"{folder} can be written, {room / 1e9:.1f} GB free"
    if room < _LEAST_ROOM:
        return Finding(subject, told, Outcome.WARNING, "Delete what is not needed, such as old versions of models.")
    return Finding(subject, told)


def _writable(folder: Path) -> bool:
    """Returns whether a file can be made. Permissions alone do not show a read-only file system."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
