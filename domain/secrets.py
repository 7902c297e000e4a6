"""Keeps passwords, keys and tokens out of whatever is logged or recorded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MASK = "***"
# `tokens` are counted, PWD is where a shell is, and a secretary is no secret.
_NAMES = re.compile(
    r"(?:key|token|_pwd)$|authorization|cookie|credential|passphrase|passwd|password|secret(?!ar)", re.IGNORECASE
)
# A shorter value is more likely a word that stands elsewhere too: masking "true" would spoil every record.
_SHORTEST = 8
# What every text that a pattern below finds has in it: most have none of these, and a request's line has ten texts.
_HINTS = ("key", "token", "passw", "pwd", "secret", "authorization", "bearer")
_IN_TEXT = (
    # user:password@ of an address; a password may hold what an address may not
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
    """Masks what is named like a secret, what stands in a text as one, and the `values` that are known to be secret."""

    values: frozenset[str] = frozenset()
    _longest_first: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # One secret may begin with another.
        object.__setattr__(self, "_longest_first", tuple(sorted(self.values, key=len, reverse=True)))

    @staticmethod
    def of_environment(environment: Mapping[str, str]) -> "Redactor":
        """One that knows the values of all variables that are named like a secret."""
        return Redactor(
            frozenset(value for name, value in environment.items() if is_secret_name(name) and len(value) >= _SHORTEST)
        )

    def text(self, text: str) -> str:
        """The text without secrets."""
        for value in self._longest_first:
            text = text.replace(value, MASK)
        if _may_hold_one(text.lower()):
            for pattern, replacement in _IN_TEXT:
                text = pattern.sub(replacement, text)
        return text

    def mapping(self, mapping: Mapping[str, object]) -> dict[str, object]:
        """The mapping without secrets, nested mappings and lists included."""
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
    for hint in _HINTS:  # as a loop it takes half as long as any()
        if hint in lower:
            return True
    return "@" in lower and "://" in lower


@lru_cache(4096)
def is_secret_name(name: str) -> bool:
    """Whether a field, option or variable of that name holds what must not be shown: api_key, PGPASSWORD."""
    return _NAMES.search(name) is not None
