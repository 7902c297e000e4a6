"""How the library `arxiv` sends its requests."""

import xml.etree.ElementTree as ET
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.util import Retry

from adapters.arxiv.options import ArxivOptions


class StrictTransport(HTTPAdapter):
    """Says who asks, waits only so long, honours Retry-After, and refuses a feed that is not well-formed."""

    def __init__(self, options: ArxivOptions) -> None:
        # Of these only an answer with Retry-After is asked for again; the library does the rest, with its pauses.
        waiting = Retry(options.attempts - 1, connect=0, read=0, redirect=5, other=0, raise_on_status=False)
        super().__init__(max_retries=waiting)
        self._user_agent = options.user_agent
        self._timeout = options.timeout_seconds

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.headers["User-Agent"] = self._user_agent
        response = super().send(request, *args, **{**options, "timeout": self._timeout})
        if response.status_code == requests.codes.ok:
            # The library asks again after a ConnectionError alone.
            try:
                ET.fromstring(response.content)
            except ET.ParseError as error:
                raise requests.ConnectionError(f"the answer is no well-formed XML ({error})") from error
            except requests.RequestException as error:
                raise requests.ConnectionError("the answer broke off") from error
        return response
