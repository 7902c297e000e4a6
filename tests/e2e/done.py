"""The result of a run of the command line."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """Exit code, stdout and stderr of one command."""

    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def sentence(self) -> str:
        """The one sentence of an error. Any other output, such as a traceback, fails the test."""
        lines = self.stderr.decode().splitlines()
        assert len(lines) == 1, self.stderr.decode()
        assert lines[0].startswith("Error: ")
        return lines[0]


Run = Callable[..., Done]
