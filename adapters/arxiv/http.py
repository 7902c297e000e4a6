"""Sends requests to an OAI-PMH endpoint, one at a time, with pauses and redirects."""

import gzip
import http.client
import io
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from email.message import Message
from typing import IO
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from typing_extensions import override

from adapters.arxiv.options import ArxivOptions
from adapters.arxiv.pacing import Clock, Pace, seconds_of_retry_after

_REDIRECTS = 5
_PERMANENT = (301, 308)
# A page of 2,000 records has about 5 MB. A larger body than this is not a page.
_MAX_BYTES = 256 << 20
_PART_BYTES = 1 << 18


class FailedRequestError(Exception):
    """A request without a complete response. `wait` is the time in seconds that the server asks to wait, or None."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Message
    body: bytes


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Returns responses of every status, so that redirects are paced and a 503's Retry-After is read."""

    @override
    def http_response(
        self, request: urllib.request.Request, response: http.client.HTTPResponse
    ) -> http.client.HTTPResponse:
        return response

    https_response = http_response


class PacedClient:
    """Sends GET requests to one endpoint. A permanent redirect changes the endpoint."""

    def __init__(self, options: ArxivOptions, clock: Clock) -> None:
        self.pace = Pace(options.pause_seconds, clock)
        self._clock = clock
        self._endpoint = options.endpoint
        self._timeout = options.timeout_seconds
        self._headers = {"User-Agent": options.user_agent, "Accept-Encoding": "gzip"}
        self._opener = urllib.request.build_opener(_AnyStatus)

    def get(self, arguments: dict[str, str]) -> bytes:
        """Returns the body of the response to a query. Raises FailedRequestError if it is incomplete."""
        query = urlencode(arguments)
        address = f"{self._endpoint}?{query}"
        for _ in range(_REDIRECTS + 1):
            answer = self._send(address)
            if answer.status not in (301, 302, 303, 307, 308):
                return self._body(answer)
            address = self._redirected(address, answer, query)
        raise FailedRequestError(f"it redirects more than {_REDIRECTS} times")

    def _send(self, address: str) -> _Answer:
        self.pace.wait()
        try:
            request = urllib.request.Request(address, headers=self._headers)
            with self._opener.open(request, timeout=self._timeout) as response:
                return _Answer(response.status, response.headers, _read(response) if _is_wanted(response) else b"")
        except urllib.error.URLError as error:
            raise FailedRequestError(f"it cannot be reached ({_text(error.reason)})") from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise FailedRequestError(f"the answer broke off ({_text(error)})") from error
        finally:
            self.pace.answered()

    def _body(self, answer: _Answer) -> bytes:
        if answer.status != 200 and not answer.body:
            wait = seconds_of_retry_after(answer.headers.get("Retry-After"), self._clock.now())
            raise FailedRequestError(f"it answers with HTTP status {answer.status}", wait)
        length = answer.headers.get("Content-Length", "")
        if length.isdecimal() and len(answer.body) < int(length):
            raise FailedRequestError(f"the answer broke off after {len(answer.body):,} of {int(length):,} bytes")
        return _unpacked(answer.body, answer.headers.get("Content-Encoding", "identity"))

    def _redirected(self, address: str, answer: _Answer, query: str) -> str:
        target = urlsplit(urljoin(address, answer.headers.get("Location", "")))
        if target.scheme not in ("http", "https") or not target.hostname or target.geturl() == address:
            raise FailedRequestError(f"it redirects to {answer.headers.get('Location')!r}")
        endpoint = urlunsplit((target.scheme, target.netloc, target.path, "", ""))
        if answer.status in _PERMANENT:
            self._endpoint = endpoint
        return f"{endpoint}?{target.query or query}"


def _is_wanted(response: http.client.HTTPResponse) -> bool:
    """Returns whether a response is a page, or may be an error message of the protocol."""
    of_client = 400 <= response.status < 500 and response.status != 429
    return response.status == 200 or (of_client and "xml" in response.headers.get("Content-Type", ""))


def _read(stream: IO[bytes]) -> bytes:
    parts, size = [], 0
    while part := stream.read(_PART_BYTES):
        parts.append(part)
        size += len(part)
        if size > _MAX_BYTES:
            raise FailedRequestError(f"the answer has more than {_MAX_BYTES >> 20} MiB")
    return b"".join(parts)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() in ("identity", ""):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise FailedRequestError(f"the answer is encoded as {encoding}, which was not requested")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as unpacked:
            return _read(unpacked)  # type: ignore[arg-type]  # it reads as any stream of bytes does
    except (EOFError, OSError, zlib.error) as error:
        raise FailedRequestError(f"the packed answer is damaged ({_text(error)})") from error


def _text(error: object) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(reason.split()).rstrip(".")
