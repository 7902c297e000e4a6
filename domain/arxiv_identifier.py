"""The identifier of a paper on arXiv."""

import re
from dataclasses import dataclass
from typing import Final

from domain.errors import InvalidInputError

# Until 2007-03 papers were numbered by archive (hep-th/9901001); since then by month alone, until 2014 in four digits.
_NEW = r"(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
_OLD = r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[A-Z]{2})?/(?P<old>\d{2}(?:0[1-9]|1[0-2])\d{3})"
_FORM = re.compile(rf"(?:{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d*))?")
_PREFIX = re.compile(
    r"(?:https?://)?(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print)/"
    r"|(?:https?://)?(?:dx\.)?doi\.org/10\.48550/arxiv\.|10\.48550/arxiv\."
    r"|oai:arxiv\.org:|arxiv:\s*",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"(?:[?#].*|/|\.pdf)+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArxivIdentifier:
    """A paper's identifier such as `2606.01234` or `cs/0112017`, and the version where one is named."""

    paper: str
    version: int | None = None

    @staticmethod
    def parse(text: str) -> "ArxivIdentifier":
        """The identifier that `text` is or holds: bare, with a version, as a URL of arXiv, a DOI or an OAI identifier.

        Raises InvalidInputError for any other text.
        """
        said = text.strip()
        prefix = _PREFIX.match(said)
        bare = _TAIL.sub("", said[prefix.end() :]) if prefix else said
        found = _FORM.fullmatch(bare)
        if found is None:
            raise InvalidInputError(
                f"{said[:80]!r} is no arXiv identifier. Write one as 2606.01234, cs/0112017 or "
                "https://arxiv.org/abs/2606.01234, with a version (v2) or without."
            )
        paper = found["new"] or f"{found['archive']}/{found['old']}"
        return ArxivIdentifier(paper, int(found["version"]) if found["version"] else None)

    def __str__(self) -> str:
        return self.paper if self.version is None else f"{self.paper}v{self.version}"
