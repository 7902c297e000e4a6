"""Keeps secrets out of log lines."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

HIDDEN = "***"
_NAMED = ("authorization", "cookie", "credential", "passphrase", "passwd", "password", "secret")
_ENDING = ("key", "_pwd", "token")  # not `tokens`, which are counted, nor PWD, where a shell is
# What is shorter may be a word that lines are full of, and is no secret worth the name.
_SHORTEST = 8
_DEEPEST = 8
# What every text that a pattern below finds has in it: most have none of these, and a request's line has ten texts.
_HINTS = ("key", "token", "passw", "pwd", "secret", "authorization", "bearer")
_IN_TEXT = (
    # user:password@ of an address; a password may hold what an address may not
    (re.compile(r"(://)(?:[^\s/:@]*:\S*|[^\s/?#]*)@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"\b(authorization|x-api-key)(['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\"]+", re.I),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"((?:key|token|password|passwd|pwd|secret)=)['\"]?[^\s'\"&,;)]+", re.I), rf"\1{HIDDEN}"),
    (re.compile(r"((?:key|token|password|passwd|pwd|secret)['\"]\s*:\s*)(['\"])[^'\"]*\2", re.I), rf"\1\2{HIDDEN}\2"),
)


class Mask:
    """Hides what is named like a secret, passwords in addresses, and the values of secret environment variables.

    A structlog processor; what it gives holds nothing but what JSON can say.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        known = {value for name, value in environment.items() if is_secret(name) and len(value) >= _SHORTEST}
        self._known = sorted(known, key=len, reverse=True)

    def __call__(self, _logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event without its secrets."""
        return {name: self._hidden(name, value, 0) for name, value in event.items()}

    def text(self, text: str) -> str:
        """The text without its secrets."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        if _may_hold_one(text.lower()):
            for pattern, replacement in _IN_TEXT:
                text = pattern.sub(replacement, text)
        return text

    def _hidden(self, name: str, value: Any, depth: int) -> Any:
        if is_secret(name) and value is not None and not (isinstance(value, str) and not value):
            return HIDDEN
        return self._plain(value, depth)

    def _plain(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:  # the commonest first: every line of a request comes by here
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


def _may_hold_one(lower: str) -> bool:
    for hint in _HINTS:  # as a loop it takes half as long as any()
        if hint in lower:
            return True
    return "@" in lower and "://" in lower


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether a field, option or variable of that name holds a secret: api_key, WANDB_API_KEY, PGPASSWORD."""
    lower = name.lower()
    return lower.endswith(_ENDING) or any(each in lower for each in _NAMED)
