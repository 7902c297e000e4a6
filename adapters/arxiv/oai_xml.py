"""Reads pages of OAI-PMH strictly. A page without an element that the protocol requires is rejected."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from typing_extensions import override

OAI = "{http://www.openarchives.org/OAI/2.0/}"
_CHUNK = 1 << 16


class NotAPageError(Exception):
    """A response that is not a complete page of the protocol."""


class OaiError(Exception):
    """A response with an error of the protocol."""

    def __init__(self, code: str, message: str, answered: date) -> None:
        super().__init__(f"it answers {code} ({message})" if message else f"it answers {code}")
        self.code = code
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Envelope:
    """The date of a page and its resumption token, which is None if the list is complete."""

    answered: date
    token: str | None
    token_expires: datetime | None


class _Builder(ET.TreeBuilder):
    """Builds the tree of a page, passes on each item when it ends, and then clears it to save memory."""

    def __init__(self, item: str, take: Callable[[ET.Element], None]) -> None:
        super().__init__()
        self._item = item
        self._take = take
        self.items = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Raises NotAPageError for a document type, and so for every entity."""
        raise NotAPageError("it declares a document type")

    @override
    def end(self, tag: str) -> ET.Element:
        element = super().end(tag)
        if tag == self._item:
            self.items += 1
            self._take(element)
            element.clear()
        return element


def read_page(body: bytes, verb: str, item: str, take: Callable[[ET.Element], None]) -> Envelope:
    """Returns the envelope of a page and passes each of its items to `take`.

    Raises NotAPageError for a response that is truncated, malformed, for another verb or without a required element,
    and OaiError for an error of the protocol.
    """
    builder = _Builder(OAI + item, take)
    parser = ET.XMLParser(target=builder)
    try:
        for start in range(0, len(body), _CHUNK):
            parser.feed(body[start : start + _CHUNK])
        root: ET.Element = parser.close()
    except (ET.ParseError, LookupError, ValueError) as error:  # LookupError: unknown encoding
        raise NotAPageError(f"it is not well-formed XML ({error})") from error
    if root.tag != f"{OAI}OAI-PMH":
        raise NotAPageError(f"its outermost element is {root.tag[:80]}")
    answered = moment_of(text_of(root, "responseDate"), "responseDate").date()
    _refuse_errors(root, answered)
    request = root.find(f"{OAI}request")
    if request is None or request.get("verb") != verb:
        raise NotAPageError(f"it answers {request.get('verb') if request is not None else 'no verb'}, not {verb}")
    listed = root.find(OAI + verb)
    if listed is None or builder.items == 0:
        raise NotAPageError(f"it has no {item}" if listed is not None else f"it has no element {verb}")
    return Envelope(answered, *_token(listed))


def text_of(parent: ET.Element, name: str, namespace: str = OAI) -> str:
    """Returns the text of a child with white space collapsed. Raises NotAPageError if the child is missing."""
    child = parent.find(namespace + name)
    if child is None:
        raise NotAPageError(f"an element {name} is missing")
    return " ".join("".join(child.itertext()).split())


def moment_of(text: str, name: str) -> datetime:
    """Returns the moment of a date or a UTC time in the protocol's format."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotAPageError(f"its {name} is {text[:40]!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refuse_errors(root: ET.Element, answered: date) -> None:
    errors = root.findall(f"{OAI}error")
    if errors:
        first = errors[0]
        message = " ".join((first.text or "").split())
        raise OaiError(first.get("code", "an error without code"), message[:200], answered)


def _token(listed: ET.Element) -> tuple[str | None, datetime | None]:
    """Returns the token of the next page and its expiry. The token is empty on the last page of several."""
    found = listed.find(f"{OAI}resumptionToken")
    if found is None:
        return None, None
    expires = found.get("expirationDate")
    return (found.text or "").strip(), moment_of(expires, "expirationDate") if expires else None
