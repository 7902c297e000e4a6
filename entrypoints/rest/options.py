"""What can be chosen about the REST API: `api:` in a configuration, ARXIV_CLASSIFIER_API__NAME in the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import ConfigurationError
from domain.experiment import Experiment
from domain.options import read_options
from entrypoints.rest.database import database_settings
from entrypoints.rest.variants import read_experiment

HASH = re.compile(r"[0-9a-f]{64}")
_RATE = re.compile(r"([1-9]\d*)/(second|minute|hour)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_LEAST_SECRET = 50
_TEXTS = ("keys_file", "rate", "public_rate", "index", "encoder", "secret_key", "experiment", "prediction_log")
_WHOLE = {
    "max_abstracts": 100_000,
    "max_body_bytes": 1 << 31,
    "max_models": 100,
    "threads": 256,
    "connections": 100_000,
    "shadow_queue": 100_000,
    "prediction_log_megabytes": 1_000_000,
    "trusted_proxies": 20,
    "grace_seconds": 86_400,
    "unfinished_body_megabytes": 1_000_000,
    "max_explanations": 256,
    "max_long_requests": 256,
}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Options of the REST API.

    `max_abstracts` and `max_body_bytes` bound one request; `time_limit` is how many seconds it may compute, and
    `read_limit` how many its sending may take. A stop ends after `grace_seconds`, whatever runs. Bodies of requests
    that are not answered yet have `unfinished_body_megabytes` at most in each worker. `max_explanations` are made
    at a time, and `max_long_requests` computed that take longer than a quarter of a second, beside `threads` quick
    ones. `keys` are SHA-256 hashes (hex) of the API keys that open it, and `keys_file` a file with one a line, read
    again when it changes; where there are none, it is open. `rate` bounds the requests of one client, as
    600/minute; empty is no limit. Where keys or a rate are set, metrics, schema and docs are answered without one,
    `public_rate` times for each address; without `public_docs` they ask for a key too, and are not there where no
    key is set. `index` is a folder that `index` wrote, `encoder` the model that `embed` answers from. `max_models`
    models are held at once, where requests name others than the default. With `https` everything but health asks
    for HTTPS, and `proxy` says that proxies in front tell of it and of clients' addresses: as many as
    `trusted_proxies`, one behind the other. `production` demands a `secret_key`. `connections` may be open to a
    worker.
    `variants` are models that share the requests, in the experiment of that name, and `shadow_queue` is how many
    copies may wait for a shadow. `prediction_log` is a folder where predictions are remembered, with their texts if
    `prediction_log_text`, in files of so many megabytes, of which `prediction_log_files` are kept (0: all). With
    `feedback` it is taken and kept in `database`, a URL; empty is SQLite beside the models.
    """

    max_abstracts: int = 128
    max_body_bytes: int = 8 * 1024 * 1024
    max_models: int = 4
    time_limit: float = 60.0
    read_limit: float = 30.0
    grace_seconds: int = 25
    unfinished_body_megabytes: int = 64
    max_explanations: int = 2
    max_long_requests: int = 16
    keys: tuple[str, ...] = ()
    keys_file: str = ""
    rate: str = ""
    public_docs: bool = True
    public_rate: str = "60/minute"
    index: str = ""
    encoder: str = ""
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    cors_origins: tuple[str, ...] = ()
    production: bool = False
    https: bool = False
    proxy: bool = False
    trusted_proxies: int = 1
    secret_key: str = ""
    threads: int = 8
    connections: int = 2000
    experiment: str = "default"
    variants: Mapping[str, object] = field(default_factory=dict)
    shadow_queue: int = 64
    prediction_log: str = ""
    prediction_log_text: bool = False
    prediction_log_megabytes: int = 64
    prediction_log_files: int = 0
    feedback: bool = False
    database: str = ""

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
        for name in ("production", "https", "proxy", "prediction_log_text", "feedback", "public_docs"):
            _require(isinstance(getattr(self, name), bool), name, getattr(self, name), "true or false")
        for name in _TEXTS:
            _require(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
        for key in self.keys:
            _require(bool(HASH.fullmatch(key)), "keys", "...", "SHA-256 hashes (`arxiv-classifier serve --new-key`)")
        for name in ("rate", "public_rate"):
            rate = getattr(self, name)
            _require(not rate or bool(_RATE.fullmatch(rate)), name, rate, "like 600/minute")
        files = self.prediction_log_files
        wanted = "a whole number from 0; 0 keeps all"
        _require(type(files) is int and files >= 0, "prediction_log_files", files, wanted)
        read_experiment(self.variants, name=self.experiment)
        database_settings(self.database, default="")
        if self.production and len(self.secret_key) < _LEAST_SECRET:
            raise ConfigurationError(
                f"In production the API needs a secret key of at least {_LEAST_SECRET} characters. Set "
                "ARXIV_CLASSIFIER_API__SECRET_KEY, to what `openssl rand -base64 48` prints for instance."
            )

    @property
    def plan(self) -> Experiment | None:
        """The experiment that requests take part in; None where there are no variants."""
        return read_experiment(self.variants, name=self.experiment)

    @property
    def proxies(self) -> int:
        """How many proxies in front are trusted to say who a client is."""
        return self.trusted_proxies if self.proxy else 0


def requests_and_seconds(rate: str) -> tuple[int, int]:
    """How many requests in how many seconds a rate allows; 0 requests where there is no limit."""
    match = _RATE.fullmatch(rate)
    return (int(match[1]), _SECONDS[match[2]]) if match else (0, 1)


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
