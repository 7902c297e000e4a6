"""Keeps passwords, keys and tokens out of whatever is logged or recorded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MASK = "***"
_ENDINGS = ("authorization", "credential", "credentials", "key", "passphrase", "passwd", "password", "secret", "token")
# A shorter value is more likely a word that stands elsewhere too: masking "true" would spoil every record.
_SHORTEST = 8
# user:password@ and token@ of a URL; greedy, because passwords hold colons and, unescaped, even @.
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s?#'\"]+@")
_IN_QUERY = re.compile(rf"([?&][^=&\s]*(?:{'|'.join(_ENDINGS)})=)[^&\s'\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks what is named like a secret, what stands in a URL as one, and the `values` that are known to be secret."""

    values: frozenset[str] = frozenset()

    @staticmethod
    def of_environment(environment: Mapping[str, str]) -> "Redactor":
        """One that knows the values of all variables that are named like a secret."""
        return Redactor(
            frozenset(value for name, value in environment.items() if is_secret_name(name) and len(value) >= _SHORTEST)
        )

    def text(self, text: str) -> str:
        """The text without secrets."""
        for value in sorted(self.values, key=len, reverse=True):  # one secret may begin with another
            text = text.replace(value, MASK)
        return _IN_QUERY.sub(rf"\1{MASK}", _IN_ADDRESS.sub(f"{MASK}@", text))

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


def is_secret_name(name: str) -> bool:
    """Whether what a key or variable of that name holds must not be shown."""
    return name.lower().endswith(_ENDINGS)
