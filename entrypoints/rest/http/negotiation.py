"""Content negotiation: JSON for every Accept header. Views handle NDJSON themselves."""

import re
from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation

NDJSON = "application/x-ndjson"
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def wants_lines(accept: str) -> bool:
    """Returns whether an Accept header names NDJSON and does not prefer JSON."""
    lines = _quality(accept, NDJSON)
    return lines > 0 and lines >= _quality(accept, "application/json")


def _quality(accept: str, media_type: str) -> float:
    """Returns the quality of a media type, from 0 to 1; 0 if it is not named itself."""
    for each in accept.lower().split(","):
        named, *parameters = (part.strip() for part in each.split(";"))
        if named == media_type:
            qualities = [float(found[1]) for part in parameters if (found := _QUALITY.fullmatch(part))]
            return qualities[0] if qualities else 1.0
    return 0.0


class Json(BaseContentNegotiation):  # type: ignore[misc]  # the library has no types
    """A negotiation that always chooses the first parser and renderer, which are JSON's."""

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:
        """Returns the first parser."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None) -> Any:
        """Returns the first renderer with its media type."""
        return renderers[0], renderers[0].media_type
