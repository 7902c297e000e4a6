"""Masks passwords, keys and tokens in logs and records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MASK = "***"
# These are no secrets: `tokens` (a count), PWD (the working directory), and words such as "secretary".
_NAMES = re.compile(
    r"(?:key|token|_pwd)$|authorization|cookie|credential|passphrase|passwd|password|secret(?!ar)", re.IGNORECASE
)
# Shorter values are often ordinary words. Masking "true" would spoil every record.
_SHORTEST = 8
# Each pattern below matches only texts with one of these words. Most texts have none, which saves the patterns.
_HINTS = ("key", "token", "passw", "pwd", "secret", "authorization", "bearer")
_IN_TEXT = (
    # user:password@ of an address, where a password may hold characters that an address may not
    (re.compile(r"(://)(?:[^\s/:@]*:\S*|[^\s/?#]*)@"), rf"\1{MASK}@"),
    (
        re.compile(r"\b(authorization|x-api-key)(['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\"]+", re.I),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.I), rf"\1{MASK}"),
    (re.compile(r"((?:key|token|password|passwd|pwd|secret)=)['\"]?[^\s'\"&,;)]+", re.I), rf"\1{MASK}"),
    (re.compile(r"((?:key|token|password|passwd|pwd|secret)['\"]\s*:\s*)(['\"])[^'\"]*\2", re.I), rf"\1\2{MASK}\2"),
)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks the values of secret names, secrets within texts, and the known secret `values`."""

    values: frozenset[str] = frozenset()
    _longest_first: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # One secret may be the beginning of another.
        object.__setattr__(self, "_longest_first", tuple(sorted(self.values, key=len, reverse=True)))

    @staticmethod
    def of_environment(environment: Mapping[str, str]) -> "Redactor":
        """Returns a redactor that knows the values of all variables with secret names."""
        return Redactor(
            frozenset(value for name, value in environment.items() if is_secret_name(name) and len(value) >= _SHORTEST)
        )

    def text(self, text: str) -> str:
        """Returns the text without secrets."""
        for value in self._longest_first:
            text = text.replace(value, MASK)
        if _may_hold_one(text.lower()):
            for pattern, replacement in _IN_TEXT:
                text = pattern.sub(replacement, text)
        return text

    def mapping(self, mapping: Mapping[str, object]) -> dict[str, object]:
        """Returns the mapping without secrets, including nested mappings and lists."""
        return {
            self.text(str(key)): MASK if is_secret_name(str(key)) and value is not None else self._cleaned(value)
            for key, value in mapping.items()
        }

    def _cleaned(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.mapping(value)
        if isinstance(value, list | tuple):
            return [self._cleaned(each) for each in value]
        return value


def _may_hold_one(lower: str) -> bool:
    for hint in _HINTS:  # a loop takes half the time of any()
        if hint in lower:
            return True
    return "@" in lower and "://" in lower


@lru_cache(4096)
def is_secret_name(name: str) -> bool:
    """Returns whether a field, option or variable with that name holds a secret, such as api_key or PGPASSWORD."""
    return _NAMES.search(name) is not None
