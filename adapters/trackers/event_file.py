"""Writes TensorBoard's event files.

TensorBoard's own EventFileWriter imports TensorFlow if installed, puts the machine's name into the file's name, and
writes in a thread whose errors come late or never.
"""

import os
import time
from io import BytesIO
from pathlib import Path
from typing import Any


class EventFile:
    """A file of records that is complete after every write, even a failed one."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # 0.7 s, needed only when a run starts

        self._event = Event
        name = f"events.out.tfevents.{int(time.time())}.{os.getpid()}"
        self._file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        self._written = 0
        self._append(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def write(self, summary: Any, *, step: int = 0) -> None:
        """Appends a summary."""
        self._append(self._event(wall_time=time.time(), step=step, summary=summary))

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _append(self, event: Any) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        record = BytesIO()
        RecordWriter(record).write(event.SerializeToString())
        left = memoryview(record.getvalue())
        size = len(left)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            # Readers stop at a partial record, so what follows it would be lost too.
            os.ftruncate(self._file, self._written)
            os.lseek(self._file, self._written, os.SEEK_SET)
            raise
        self._written += size
