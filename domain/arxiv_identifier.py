"""The identifier of a paper on arXiv."""

import re
from dataclasses import dataclass
from typing import Final

from domain.errors import InvalidInputError

# Identifiers named the archive until 2007-03 (hep-th/9901001). Later ones are a month and a number, which had four
# digits until 2014.
_NEW = r"(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
_OLD = r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[A-Z]{2})?/(?P<old>[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3})"
_FORM = re.compile(rf"(?:{_NEW}|{_OLD})(?:v(?P<version>[1-9][0-9]{{0,4}}))?")
_PREFIX = re.compile(
    r"(?:https?://)?(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print)/"
    r"|(?:https?://)?(?:dx\.)?doi\.org/10\.48550/arxiv\.|10\.48550/arxiv\."
    r"|oai:arxiv\.org:|arxiv:\s*",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"(?:[?#].*|/|\.pdf)+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArxivIdentifier:
    """A paper's identifier such as `2606.01234` or `cs/0112017`, with an optional version."""

    paper: str
    version: int | None = None

    @staticmethod
    def parse(text: str) -> "ArxivIdentifier":
        """Returns the identifier in `text`.

        Accepts a bare identifier, one with a version, a URL of arXiv, a DOI and an OAI identifier.
        Raises InvalidInputError for any other text.
        """
        said = text.strip()
        prefix = _PREFIX.match(said)
        bare = _TAIL.sub("", said[prefix.end() :]) if prefix else said
        found = _FORM.fullmatch(bare)
        if found is None:
            raise InvalidInputError(
                f"{said[:80]!r} is not an arXiv identifier. Write one as 2606.01234, cs/0112017 or "
                "https://arxiv.org/abs/2606.01234, with a version (v2) or without."
            )
        paper = found["new"] or f"{found['archive']}/{found['old']}"
        return ArxivIdentifier(paper, int(found["version"]) if found["version"] else None)

    def __str__(self) -> str:
        return self.paper if self.version is None else f"{self.paper}v{self.version}"
