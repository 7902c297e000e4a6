"""Port: writes reports for people."""

from abc import abstractmethod
from pathlib import Path
from typing import Protocol

from domain.report import Report


class ReportWriter(Protocol):
    """Writes a report into a folder and replaces an earlier one."""

    @abstractmethod
    def write(self, folder: Path, report: Report) -> Path:
        """Writes the report into an existing or a new folder and returns the file to open.

        Raises ArxivClassifierError if the folder cannot be written.
        """

    @abstractmethod
    def write_pictures(self, folder: Path, report: Report) -> tuple[str, ...]:
        """Writes each figure as a picture into an existing folder and returns the names of the files.

        There are none if the library that draws them is not installed.
        """
