"""Reads arXiv's records by OAI-PMH 2.0 (openarchives.org/OAI/openarchivesprotocol.html), in the format arXivRaw."""

import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from typing_extensions import override

from adapters.arxiv.http import FailedRequestError, PacedClient
from adapters.arxiv.oai_xml import NotAPageError, OaiError, read_page, text_of
from adapters.arxiv.options import ArxivOptions, read_arxiv_options
from adapters.arxiv.pacing import Clock
from adapters.arxiv.raw_records import RecordTaker
from domain.abstract import MAX_CHARACTERS
from domain.errors import DatasetUnavailableError, ExpiredTokenError, InvalidInputError
from domain.harvest import PagePlace, Span
from domain.log_events import log_event
from domain.ports.arxiv import RecordPage, RecordSource

_logger = logging.getLogger(__name__)
_PREFIX = "arXivRaw"
# arXiv's earliest datestamp. It refuses an earlier `from`, and returns everything without one.
_EARLIEST = date(2005, 9, 16)
# Error codes that a retry does not change.
_NOTHING, _EXPIRED, _REFUSED = "noRecordsMatch", "badResumptionToken", "badArgument"
_LISTS_NONE = "noSetHierarchy"

Result = TypeVar("Result")


def build(options: Mapping[str, object], *, max_characters: int) -> "OaiSource":
    """Returns the source for options from the configuration."""
    return OaiSource(read_arxiv_options(options), max_characters=max_characters)


class OaiSource(RecordSource):
    """Requests pages of records from an endpoint. An incomplete page is requested again a limited number of times."""

    def __init__(
        self, options: ArxivOptions, *, max_characters: int = MAX_CHARACTERS, clock: Clock | None = None
    ) -> None:
        self._options = options
        self._max_characters = max_characters
        self._clock = clock or Clock()
        self._client = PacedClient(options, self._clock)

    @override
    def first(self, span: Span, set_name: str | None) -> RecordPage:
        arguments = {"verb": "ListRecords", "metadataPrefix": _PREFIX}
        if span.since > _EARLIEST:
            arguments["from"] = span.since.isoformat()
        if span.until is not None:
            arguments["until"] = span.until.isoformat()
        if set_name is not None:
            arguments["set"] = set_name
        try:
            return self._again(lambda last: self._page(arguments, continued=False, lenient=last), _NOTHING, _REFUSED)
        except OaiError as error:
            if set_name is not None:
                self._refuse_unknown_set(set_name)
            if error.code == _NOTHING:
                return RecordPage((), (), (), PagePlace(None, None, True, None), error.answered)
        return self._again(lambda last: self._page(arguments, continued=False, lenient=last))

    @override
    def next(self, token: str) -> RecordPage:
        arguments = {"verb": "ListRecords", "resumptionToken": token}
        try:
            return self._again(
                lambda last: self._page(arguments, continued=True, lenient=last), _EXPIRED, _NOTHING, _REFUSED
            )
        except OaiError as error:
            raise ExpiredTokenError(f"{self._options.endpoint} no longer knows a token: {error}.") from error

    def _page(self, arguments: dict[str, str], *, continued: bool, lenient: bool) -> RecordPage:
        """Returns a page. `lenient` reports incomplete records as bad, if there are complete ones beside them."""
        taker = RecordTaker(self._max_characters, self._options.endpoint, lenient)
        envelope = read_page(self._client.get(arguments), "ListRecords", "record", taker)
        if taker.bad and taker.incomplete and not taker.papers and not taker.deleted:
            raise NotAPageError(taker.bad[0].reason)
        if continued and envelope.token is None:
            raise NotAPageError("it lacks the resumptionToken, empty on the last page, that a continued list has")
        place = PagePlace(taker.first, taker.last, taker.in_order, envelope.token or None, envelope.token_expires)
        return RecordPage(tuple(taker.papers.values()), tuple(taker.deleted), taker.bad, place, envelope.answered)

    def _refuse_unknown_set(self, set_name: str) -> None:
        known = self._sets()
        if known and set_name not in known:
            near = get_close_matches(set_name.replace(".", ":"), sorted(known), n=3, cutoff=0.5)
            largest = sorted(name for name in known if ":" not in name)
            raise InvalidInputError(
                f"arXiv has no set {set_name!r}. "
                + (f"Near are {', '.join(near)}." if near else f"Known are {', '.join(largest)}.")
            )

    def _sets(self) -> set[str]:
        """Returns every set's name, or an empty set if the source does not list them."""
        found: set[str] = set()

        def take(element: ET.Element) -> None:
            found.add(text_of(element, "setSpec"))

        def listed(arguments: dict[str, str]) -> str | None:
            body = self._client.get({"verb": "ListSets", **arguments})
            return read_page(body, "ListSets", "set", take).token

        try:
            token = self._again(lambda _: listed({}), _LISTS_NONE)
            while token:
                asked = {"resumptionToken": token}
                token = self._again(lambda _: listed(asked), _LISTS_NONE)  # noqa: B023  # called immediately
        except OaiError:
            return set()
        return found

    def _again(self, ask: Callable[[bool], Result], *final: str) -> Result:
        """Returns the result of `ask`, with retries. Raises OaiError for an error whose code is in `final`.

        `ask` gets whether this is the last attempt.
        """
        for attempt in range(1, self._options.attempts + 1):
            try:
                return ask(attempt == self._options.attempts)
            except (OaiError, FailedRequestError, NotAPageError) as error:
                if isinstance(error, OaiError) and error.code in final:
                    raise
                failure: Exception = error
            if attempt < self._options.attempts:
                self._wait(failure, attempt)
        raise self._unavailable(f"{failure}, {self._options.attempts} times") from failure

    def _wait(self, failure: Exception, attempt: int) -> None:
        reason = str(failure)
        wanted = failure.wait if isinstance(failure, FailedRequestError) else None
        seconds = self._options.pause_seconds * 2 ** (attempt - 1) if wanted is None else wanted
        if seconds > self._options.longest_wait_seconds:
            raise self._unavailable(f"{reason} and asks to wait {seconds:,.0f} seconds") from failure
        log_event(
            _logger,
            "harvest_delayed",
            f"{self._options.endpoint}: {reason}. Asking again in {seconds:.0f} seconds.",
            level=logging.WARNING,
            reason=reason,
            seconds=seconds,
            attempt=attempt,
        )
        self._clock.sleep(seconds)

    def _unavailable(self, reason: str) -> DatasetUnavailableError:
        return DatasetUnavailableError(
            f"{self._options.endpoint} gives no records: {reason}. Run the same command later to go on."
        )
