"""The HTTP transport for the library `arxiv`."""

import logging
import xml.etree.ElementTree as ET
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override

from adapters.arxiv.options import ArxivOptions
from adapters.arxiv.pacing import Clock, seconds_of_retry_after
from domain.log_events import log_event

_logger = logging.getLogger(__name__)
# The statuses whose Retry-After counts.
_BUSY = frozenset({413, 429, 503})


class StrictTransport(HTTPAdapter):
    """Sets the user agent and a time-out, respects Retry-After, and rejects feeds that are not well-formed.

    A Retry-After above `longest_wait_seconds` raises RetryError, which the library does not retry.
    """

    def __init__(self, options: ArxivOptions, clock: Clock | None = None) -> None:
        super().__init__()
        self._options = options
        self._clock = clock or Clock()

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.headers["User-Agent"] = self._options.user_agent
        response = self._answer(request, *args, **{**options, "timeout": self._options.timeout_seconds})
        if response.status_code == requests.codes.ok:
            # The library retries only after a ConnectionError.
            try:
                ET.fromstring(response.content)
            except ET.ParseError as error:
                raise requests.ConnectionError(f"the answer is not well-formed XML ({error})") from error
            except requests.RequestException as error:
                raise requests.ConnectionError("the answer broke off") from error
        return response

    def _answer(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Returns the response, after the waits that the server asks for. The library retries the others itself."""
        response = super().send(request, *args, **options)
        for attempt in range(1, self._options.attempts):
            wanted = seconds_of_retry_after(response.headers.get("Retry-After"), self._clock.now())
            if response.status_code not in _BUSY or wanted is None:
                break
            response.close()
            self._wait(response.status_code, wanted, attempt)
            response = super().send(request, *args, **options)
        return response

    def _wait(self, status: int, seconds: float, attempt: int) -> None:
        reason = f"it answers with HTTP status {status}"
        if seconds > self._options.longest_wait_seconds:
            raise requests.exceptions.RetryError(f"{reason} and asks to wait {seconds:,.0f} seconds")
        log_event(
            _logger,
            "lookup_delayed",
            f"{self._options.lookup_endpoint}: {reason}. Asking again in {seconds:.0f} seconds.",
            level=logging.WARNING,
            reason=reason,
            seconds=seconds,
            attempt=attempt,
        )
        self._clock.sleep(seconds)
