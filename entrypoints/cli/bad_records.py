"""What becomes of records that cannot be read."""

import logging
from collections.abc import Callable

from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from entrypoints.cli.talk import say

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
            self._tell(
                str(record), event="record_skipped", source=record.source, line=record.line, reason=record.reason
            )
        elif self.count == SHOWN + 1:
            self._tell("More bad records follow; they are counted, not shown.", event="more_records_skipped")

    def summary(self) -> None:
        """Says how many were left out, where there were any."""
        if self.count:
            noun = "record" if self.count == 1 else "records"
            line = f"{self.count:,} bad {noun} left out. With --strict, the first one stops the command."
            self._tell(line, event="records_skipped", records=self.count)

    def _tell(self, sentence: str, *, event: str, **fields: object) -> None:
        say(sentence, event=event, level=logging.WARNING, plainly=self._say, **fields)
