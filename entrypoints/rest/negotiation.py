"""JSON whatever a client accepts: views themselves answer who asks for lines, and an error fits any client."""

from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation


class Json(BaseContentNegotiation):  # type: ignore[misc]  # the library has no types
    """Takes the first parser and renderer, which are JSON's."""

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:
        """JSON's."""
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Sequence[Any], format_suffix: str | None = None) -> Any:
        """JSON's."""
        return renderers[0], renderers[0].media_type
