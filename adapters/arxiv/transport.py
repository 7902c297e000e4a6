"""The HTTP transport for the library `arxiv`."""

import xml.etree.ElementTree as ET
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.util import Retry

from adapters.arxiv.options import ArxivOptions


class StrictTransport(HTTPAdapter):
    """Sets the user agent and a time-out, respects Retry-After, and rejects feeds that are not well-formed."""

    def __init__(self, options: ArxivOptions) -> None:
        # This retries only responses with Retry-After. The library retries the others, with its own pauses.
        waiting = Retry(options.attempts - 1, connect=0, read=0, redirect=5, other=0, raise_on_status=False)
        super().__init__(max_retries=waiting)
        self._user_agent = options.user_agent
        self._timeout = options.timeout_seconds

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.headers["User-Agent"] = self._user_agent
        response = super().send(request, *args, **{**options, "timeout": self._timeout})
        if response.status_code == requests.codes.ok:
            # The library retries only after a ConnectionError.
            try:
                ET.fromstring(response.content)
            except ET.ParseError as error:
                raise requests.ConnectionError(f"the answer is not well-formed XML ({error})") from error
            except requests.RequestException as error:
                raise requests.ConnectionError("the answer broke off") from error
        return response
