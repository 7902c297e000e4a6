"""Finds papers by their identifiers in arXiv's API, with the library `arxiv`."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from adapters.arxiv.options import ArxivOptions, read_arxiv_options
from domain.abstract import MAX_CHARACTERS, Abstract
from domain.arxiv_identifier import ArxivIdentifier
from domain.arxiv_paper import ArxivPaper
from domain.category import Category
from domain.errors import DatasetUnavailableError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.month import month_of_arxiv
from domain.ports.arxiv import PaperLookup

if TYPE_CHECKING:
    import arxiv

_AT_ONCE = 100


def build(options: Mapping[str, object], *, max_characters: int) -> "ArxivLookup":
    """Returns the look-up for options from the configuration."""
    return ArxivLookup(read_arxiv_options(options), max_characters=max_characters)


class ArxivLookup(PaperLookup):
    """Looks up a hundred papers per request. Raises ModuleNotFoundError without the extra `arxiv`."""

    def __init__(self, options: ArxivOptions, *, max_characters: int = MAX_CHARACTERS) -> None:
        self._options = options
        self._max_characters = max_characters
        self._client = _client(options)

    @override
    def find(self, identifiers: Sequence[ArxivIdentifier]) -> Iterator[ArxivPaper | str]:
        for start in range(0, len(identifiers), _AT_ONCE):
            some = identifiers[start : start + _AT_ONCE]
            found = self._entries(some)
            for identifier in some:
                entry = found.get(identifier)
                yield f"arXiv has no paper {identifier}." if entry is None else self._paper(identifier, entry)

    def _entries(self, identifiers: Sequence[ArxivIdentifier]) -> dict[ArxivIdentifier, "arxiv.Result"]:
        """Returns the entry of each identifier that arXiv knows.

        If a request for several is refused, each is requested alone.
        """
        import arxiv
        import requests

        search = arxiv.Search(id_list=[str(each) for each in identifiers], max_results=len(identifiers))
        try:
            return _by_identifier(self._client.results(search))
        except arxiv.HTTPError as error:
            if error.status != 400:
                raise self._unavailable(f"it answers with HTTP status {error.status}") from error
        except (arxiv.ArxivError, requests.RequestException, ValueError) as error:  # ValueError: a date that is none
            raise self._unavailable(_reason(error)) from error
        if len(identifiers) == 1:  # arXiv rejects the form, such as one with an unknown archive
            return {}
        return {known: entry for each in identifiers for known, entry in self._entries([each]).items()}

    def _paper(self, identifier: ArxivIdentifier, entry: "arxiv.Result") -> ArxivPaper | str:
        names = dict.fromkeys([entry.primary_category, *entry.categories])
        try:
            title, text = (" ".join(each.split()) for each in (entry.title, entry.summary))
            month = month_of_arxiv(entry.published, identifier.paper)
            abstract = Abstract(text, title or None, str(identifier), self._max_characters, month=month)
            categories = tuple(Category.parse(name) for name in names if name)
            paper = LabelledAbstract(abstract, categories)
        except InvalidInputError as error:
            return f"{identifier}: {error}"
        return ArxivPaper(paper, entry.published, entry.updated)

    def _unavailable(self, reason: str) -> DatasetUnavailableError:
        return DatasetUnavailableError(f"{self._options.lookup_endpoint} gives no papers: {reason}. Try again later.")


def _by_identifier(entries: Iterator["arxiv.Result"]) -> dict[ArxivIdentifier, "arxiv.Result"]:
    """Returns each entry by paper and version, and the newest version also by paper alone."""
    found: dict[ArxivIdentifier, arxiv.Result] = {}
    newest: dict[str, int] = {}
    for entry in entries:
        try:
            identifier = ArxivIdentifier.parse(entry.entry_id)
        except InvalidInputError:  # an error's entry
            continue
        found[identifier] = entry
        version = identifier.version or 0
        if version >= newest.get(identifier.paper, 0):
            newest[identifier.paper] = version
            found[ArxivIdentifier(identifier.paper)] = entry
    return found


def _client(options: ArxivOptions) -> "arxiv.Client":
    import arxiv

    client = arxiv.Client(_AT_ONCE, options.pause_seconds, options.attempts - 1)
    client.query_url_format = options.lookup_endpoint.replace("{", "{{").replace("}", "}}") + "?{}"
    # The library sets no time-out and no contact, and reads incomplete feeds without an error.
    session: Any = client._session
    for scheme in ("http://", "https://"):
        session.mount(scheme, _transport(options))
    return client


def _transport(options: ArxivOptions) -> Any:
    from adapters.arxiv.transport import StrictTransport

    return StrictTransport(options)


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    # The first cause, such as "Connection refused", is clearer than the errors that wrap it.
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    cause = seen[-1]
    said = str(error) if isinstance(cause, ET.ParseError) else getattr(cause, "strerror", None) or str(cause)
    return " ".join(said.split()).rstrip(".")
