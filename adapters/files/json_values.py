"""JSON of values that came from a file, among which may be some that JSON lacks."""

import base64
import math
from collections.abc import Mapping
from datetime import date, time
from json import JSONEncoder


def json_text(value: object, *, ascii: bool = True) -> str:
    """Returns a value as JSON. NaN and infinities become null, dates ISO 8601, bytes Base64, and other values text."""
    encode = (_ASCII if ascii else _UNICODE).encode
    try:
        return encode(value)
    except ValueError:  # a number that JSON lacks
        return encode(_finite(value))


def plain(value: object) -> str:
    """Returns a value that JSON lacks, such as a date, as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


_ASCII = JSONEncoder(default=plain, allow_nan=False)
_UNICODE = JSONEncoder(default=plain, allow_nan=False, ensure_ascii=False)
