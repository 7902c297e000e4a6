"""What becomes of records that cannot be read."""

from collections.abc import Callable

from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

SHOWN = 100


class BadRecords:
    """Reports bad records with their place and counts them; with `strict`, the first one stops the command."""

    def __init__(self, say: Callable[[str], None], *, strict: bool) -> None:
        self.count = 0
        self._say = say
        self._strict = strict

    def __call__(self, record: BadRecord) -> None:
        """Takes note of one record, or raises InvalidInputError."""
        if self._strict:
            raise InvalidInputError(str(record))
        self.count += 1
        if self.count <= SHOWN:
            self._say(str(record))
        elif self.count == SHOWN + 1:
            self._say("More bad records follow; they are counted, not shown.")

    def summary(self) -> None:
        """Says how many were left out, where there were any."""
        if self.count:
            noun = "record" if self.count == 1 else "records"
            self._say(f"{self.count:,} bad {noun} left out. With --strict, the first one stops the command.")
