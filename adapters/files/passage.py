"""A stream that can be shut, for writers of libraries that write a file's end even after an error."""

import io
from typing import BinaryIO

from typing_extensions import Buffer, override


class Passage(io.RawIOBase):
    """Passes bytes on while it is open, and drops them afterwards."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_open = True

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer) -> int:
        if self.is_open:
            self._stream.write(data)
        return len(memoryview(data).cast("B"))
