"""Reports records that cannot be read."""

import logging
import re
from collections import Counter
from collections.abc import Callable

from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from entrypoints.cli.messages import say

SHOWN = 3
KINDS = 10
_OTHERS = ""
# Two errors of one kind differ only in numbers, in words quoted from a record, in types and in what JSON lacks.
_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*|(?<=not JSON): .*|(?<=of type )\w+")


class BadRecords:
    """Reports the first bad records of each kind with their place, and counts all of them.

    With `strict`, the first one is an error. Reasons that differ only in numbers, quoted words and types are of one
    kind.
    After ten kinds, all others count as one.
    """

    def __init__(self, say: Callable[[str], None], *, strict: bool) -> None:
        self.count = 0
        self._kinds: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._say = say
        self._strict = strict

    def __call__(self, record: BadRecord) -> None:
        """Reports and counts one record, or raises InvalidInputError."""
        if self._strict:
            raise InvalidInputError(str(record))
        self.count += 1
        kind = _PARTICULARS.sub("#", record.reason)
        if kind not in self._kinds and len(self._kinds) >= KINDS:
            kind = _OTHERS
        self._kinds[kind] += 1
        self._reasons.setdefault(kind, record.reason)
        if self._kinds[kind] <= SHOWN:
            self._tell(
                str(record), event="record_skipped", source=record.source, line=record.line, reason=record.reason
            )

    def repeated(self) -> None:
        """Says how many records of each kind were not shown."""
        for kind, count in self._kinds.items():
            more, reason = count - SHOWN, self._reasons[kind]
            if more > 0:
                line = f"... and {more:,} more of {'other kinds.' if kind == _OTHERS else f'this kind: {reason}'}"
                self._tell(line, event="more_records_skipped", records=more, reason=reason)

    def summary(self) -> None:
        """Says how many records were left out, by kind and in all, if there were any."""
        self.repeated()
        if self.count:
            noun = "record" if self.count == 1 else "records"
            line = f"{self.count:,} bad {noun} left out. With --strict, the first one stops the command."
            self._tell(line, event="records_skipped", records=self.count)

    def _tell(self, sentence: str, *, event: str, **fields: str | int) -> None:
        say(sentence, event=event, level=logging.WARNING, plainly=self._say, exception=None, **fields)
