"""Bodies that are sent in chunks, without saying beforehand how long they are."""

import re

_LONGEST_LINE = 1 << 13
_LONGEST_TRAILERS = 1 << 14
_MOST_CHUNKS = 1 << 16
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t -~\x80-\xff]*)?")
_FIELD = re.compile(rb"[!-9;-~]+:[\t -~\x80-\xff]*")
_END_OF_LINE = b"\r\n"


class Chunks:
    """Puts such a body together (RFC 9112, section 7.1), each byte once, however they arrive.

    `body` is what was sent, `end` where it ended among the bytes read, or -1 as long as it has not; it is `broken`
    where it can never end. Trailers are left out.
    """

    def __init__(self, start: int) -> None:
        self.body = bytearray()
        self.end = -1
        self.broken = False
        self._at = start
        self._trailers = -1
        self._chunks = 0

    def read(self, data: bytearray) -> None:
        """Goes on with all bytes that have arrived; the body begins at `start` of them."""
        while self.end < 0 and not self.broken:
            end_of_line = data.find(_END_OF_LINE, self._at, self._at + _LONGEST_LINE)
            if end_of_line < 0:
                self.broken = len(data) - self._at >= _LONGEST_LINE
                return
            if self._trailers >= 0:
                self._read_trailer(data, end_of_line)
            elif not self._read_chunk(data, end_of_line):
                return

    def _read_trailer(self, data: bytearray, end_of_line: int) -> None:
        start, self._at = self._at, end_of_line + len(_END_OF_LINE)
        if start == end_of_line:
            self.end = self._at
        elif not _FIELD.fullmatch(data, start, end_of_line) or self._at - self._trailers > _LONGEST_TRAILERS:
            self.broken = True

    def _read_chunk(self, data: bytearray, end_of_line: int) -> bool:
        """Whether the chunk whose size is at this place was there."""
        size_line = _SIZE.fullmatch(data, self._at, end_of_line)
        if size_line is None or self._chunks >= _MOST_CHUNKS:
            self.broken = True
            return False
        start = end_of_line + len(_END_OF_LINE)
        end = start + int(size_line[1], 16)
        if start == end:
            self._at = self._trailers = start
            return True
        if len(data) < end + len(_END_OF_LINE):
            return False
        self.broken = data[end : end + len(_END_OF_LINE)] != _END_OF_LINE
        self.body += data[start:end]
        self._at = end + len(_END_OF_LINE)
        self._chunks += 1
        return True
