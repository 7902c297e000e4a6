"""Compares sweeps with the same name."""

import json
from collections.abc import Iterator, Mapping

from domain.errors import ConfigurationError

_MISSING = object()


def refuse_another(there: Mapping[str, object], here: Mapping[str, object], *, name: str, where: str) -> None:
    """Raises ConfigurationError, with the first difference, if an existing sweep is not the one that would join it."""
    here = json.loads(json.dumps(here))
    for path, left, right in _differences("", there, here):
        raise ConfigurationError(
            f"There is another sweep {name!r} in {where}: its {path} is {_shown(left)}, and {_shown(right)} here. "
            "To run this one beside it, say --name ANOTHER_NAME; to go on with that one, start it as it was."
        )


def _differences(path: str, left: object, right: object) -> Iterator[tuple[str, object, object]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            yield from _differences(f"{path}.{key}".lstrip("."), left.get(key, _MISSING), right.get(key, _MISSING))
    elif left != right:
        yield path, left, right


def _shown(value: object) -> str:
    return "not given" if value is _MISSING else json.dumps(value)
