"""What can be chosen about the REST API: `api:` in a configuration, ARXIV_CLASSIFIER_API__NAME in the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import ConfigurationError
from domain.options import read_options

_HASH = re.compile(r"[0-9a-f]{64}")
_RATE = re.compile(r"([1-9]\d*)/(second|minute|hour)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_LEAST_SECRET = 50
_WHOLE = {
    "max_abstracts": 100_000,
    "max_body_bytes": 1 << 31,
    "max_models": 100,
    "threads": 256,
    "connections": 100_000,
}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Options of the REST API.

    `max_abstracts` and `max_body_bytes` bound one request; `time_limit` is how many seconds it may compute, and
    `read_limit` how many its sending may take. `keys` are SHA-256 hashes (hex) of the API keys that open it, and
    `keys_file` a file with one a line, read again when it changes; where there are none, it is open. `rate` bounds the
    requests of one client, as 600/minute; empty is no limit. `index` is a folder that `index` wrote, `encoder` the
    model that `embed` answers from. `max_models` models are held at once, where requests name others than the default.
    With `https` everything but health asks for HTTPS, and `proxy` says that a proxy in front tells of it. `production`
    demands a `secret_key`. `threads` handle requests in each worker, `connections` may be open to it.
    """

    max_abstracts: int = 128
    max_body_bytes: int = 8 * 1024 * 1024
    max_models: int = 4
    time_limit: float = 60.0
    read_limit: float = 30.0
    keys: tuple[str, ...] = ()
    keys_file: str = ""
    rate: str = ""
    index: str = ""
    encoder: str = ""
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    cors_origins: tuple[str, ...] = ()
    production: bool = False
    https: bool = False
    proxy: bool = False
    secret_key: str = ""
    threads: int = 8
    connections: int = 2000

    def __post_init__(self) -> None:
        for name in ("keys", "allowed_hosts", "cors_origins"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        for name, most in _WHOLE.items():
            value = getattr(self, name)
            _require(type(value) is int and 1 <= value <= most, name, value, f"a whole number from 1 to {most:,}")
        for name in ("time_limit", "read_limit"):
            value = getattr(self, name)
            fits = type(value) in (int, float) and 0 < value <= 86_400
            _require(fits, name, value, "a number of seconds above 0 and up to 86,400")
        for name in ("production", "https", "proxy"):
            _require(isinstance(getattr(self, name), bool), name, getattr(self, name), "true or false")
        for name in ("keys_file", "rate", "index", "encoder", "secret_key"):
            _require(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
        for key in self.keys:
            _require(bool(_HASH.fullmatch(key)), "keys", "...", "SHA-256 hashes (`arxiv-classifier serve --new-key`)")
        _require(not self.rate or bool(_RATE.fullmatch(self.rate)), "rate", self.rate, "like 600/minute")
        if self.production and len(self.secret_key) < _LEAST_SECRET:
            raise ConfigurationError(
                f"In production the API needs a secret key of at least {_LEAST_SECRET} characters. Set "
                "ARXIV_CLASSIFIER_API__SECRET_KEY, to what `openssl rand -base64 48` prints for instance."
            )

    @property
    def requests_and_seconds(self) -> tuple[int, int]:
        """How many requests a client may send in how many seconds; 0 where there is no limit."""
        match = _RATE.fullmatch(self.rate)
        return (int(match[1]), _SECONDS[match[2]]) if match else (0, 0)


def api_options(values: Mapping[str, object]) -> ApiOptions:
    """The options of a configuration; an unknown or bad one is a ConfigurationError."""
    return read_options(ApiOptions, values, where="The setting api")


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = value.split(",") if isinstance(value, str) else value
    fits = isinstance(values, list | tuple) and all(isinstance(one, str) for one in values)
    _require(fits, name, value, "a list of texts")
    return tuple(one.strip() for one in values if one.strip())  # type: ignore[attr-defined]  # checked just above


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise ConfigurationError(f"Option {name} of the setting api is {value!r}. It has to be {wanted}.")
