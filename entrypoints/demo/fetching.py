"""Fetches papers of arXiv for the page, if its operator allows that."""

from collections.abc import Callable

from domain.arxiv_identifier import ArxivIdentifier
from domain.errors import InvalidInputError
from domain.ports.arxiv import PaperLookup
from entrypoints.demo.backend import Paper

Fetch = Callable[[str | None], Paper]


def fetching(lookup: PaperLookup) -> Fetch:
    """Returns the function that fetches the paper of an identifier or address, with its id, date and true categories.

    It raises InvalidInputError for a text that is no identifier and for a paper that arXiv does not have, and
    DatasetUnavailableError if arXiv cannot be reached.
    """

    def fetch(text: str | None) -> Paper:
        if not (text or "").strip():
            raise InvalidInputError("No arXiv identifier is given. Type one, such as 2606.01234.")
        (found,) = lookup.find([ArxivIdentifier.parse(text or "")])
        if isinstance(found, str):
            raise InvalidInputError(found)
        abstract = found.paper.abstract
        return Paper(
            abstract.text,
            abstract.title or "",
            found.id,
            found.submitted.date().isoformat(),
            tuple(map(str, found.paper.categories)),
        )

    return fetch
