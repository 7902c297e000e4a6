"""Keeps secrets out of log lines."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from domain.secrets import MASK, Redactor, is_secret_name

_DEEPEST = 8


class Mask:
    """A structlog processor that hides secrets.

    Secrets are fields named like one, passwords in addresses, and values of secret environment variables. The result
    can be written as JSON.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._redactor = Redactor.of_environment(environment)

    def __call__(self, _logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the event without its secrets."""
        return {name: self._hidden(name, value, 0) for name, value in event.items()}

    def text(self, text: str) -> str:
        """Returns the text without its secrets."""
        return self._redactor.text(text)

    def _hidden(self, name: str, value: Any, depth: int) -> Any:
        if is_secret_name(name) and value is not None and not (isinstance(value, str) and not value):
            return MASK
        return self._plain(value, depth)

    def _plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:  # the most common types first, because every line of a request passes here
            return self.text(value)
        if kind is int or kind is bool or value is None:
            return value
        if isinstance(value, Integral):
            return int(value)
        if isinstance(value, Real):
            return float(value) if math.isfinite(value) else str(value)  # JSON has no NaN
        if isinstance(value, Mapping) and depth < _DEEPEST:
            return {self.text(str(name)): self._hidden(str(name), inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
            return [self._plain(inner, depth + 1) for inner in value]
        return self.text(str(value))
