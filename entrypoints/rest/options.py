"""Options of the REST API: `api:` in a configuration, ARXIV_CLASSIFIER_API__NAME in the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain.errors import ConfigurationError
from domain.experiment import Experiment
from domain.options import read_options
from entrypoints.rest.database import database_settings
from entrypoints.rest.variants.configuration import read_experiment

HASH = re.compile(r"[0-9a-f]{64}")
# A name or an address. A dot in front stands for all names below it, and * for every host.
_HOST = re.compile(r"\*|\.?[\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f:.]+\]")
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


@dataclass(frozen=True)  # without slots, for the cached property
class ApiOptions:
    """Options of the REST API. The documentation shows the text under each field."""

    max_abstracts: int = 128
    """The most abstracts of one request."""
    max_body_bytes: int = 8 * 1024 * 1024
    """The longest body of one request, in bytes."""
    max_models: int = 4
    """Models held at once where requests name others than the default."""
    time_limit: float = 60.0
    """Seconds from when a request has arrived to its answer."""
    read_limit: float = 30.0
    """Seconds that sending a request may take, and each part of its answer."""
    grace_seconds: int = 25
    """Seconds after which a stop ends whatever still runs."""
    unfinished_body_megabytes: int = 64
    """Bodies of all requests of a worker that are not answered yet, in MiB. Requests of 64 KiB at most have 8 MiB
    more."""
    max_explanations: int = 2
    """Explanations that a worker makes at a time."""
    max_long_requests: int = 16
    """Requests of more than a quarter of a second that a worker computes at a time, beside the quick ones."""
    keys: tuple[str, ...] = ()
    """SHA-256 hashes (hex) of the API keys. Without keys and `keys_file`, the API is open."""
    keys_file: str = ""
    """A file with the hash of one key a line. It is read again when it changes."""
    rate: str = ""
    """Requests of one client, as `600/minute`, counted over all workers. A client is its key, or else its address (of
    IPv6 the network of 64 bits). Empty is no limit."""
    public_docs: bool = True
    """Whether metrics, schema and docs are answered without a key. If false without any key, they are answered 404."""
    public_rate: str = "60/minute"
    """How often metrics, schema and docs are answered for each address, if keys or a rate are set."""
    index: str = ""
    """The folder that `arxiv-classifier index` wrote, for `/api/v1/similar/`."""
    encoder: str = ""
    """The model whose vectors `/api/v1/embed/` gives, as `minilm`."""
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """The names that the server answers to."""
    cors_origins: tuple[str, ...] = ()
    """Origins of pages that may ask, as `https://example.org`."""
    production: bool = False
    """Whether a `secret_key` is demanded."""
    https: bool = False
    """Whether requests are redirected to HTTPS, and HTTPS is announced (HSTS)."""
    proxy: bool = False
    """Whether proxies in front set `X-Forwarded-Proto` and `X-Forwarded-For`."""
    trusted_proxies: int = 1
    """How many proxies stand in front, one behind the other. The client is the address that the outermost one saw."""
    secret_key: str = ""
    """At least fifty characters, from the environment. Empty is a new one at each start."""
    threads: int = 8
    """Quick requests that a worker computes at a time."""
    connections: int = 2000
    """Open connections of a worker. Fewer where the system allows fewer open files, which the log says."""
    experiment: str = "default"
    """The name of the experiment. Another name assigns clients to variants anew."""
    variants: Mapping[str, object] = field(default_factory=dict)
    """Models that share the requests or get copies of them."""
    shadow_queue: int = 64
    """Copies that may wait for a shadow in each worker."""
    prediction_log: str = ""
    """The folder where predictions are logged. Empty is no log."""
    prediction_log_text: bool = False
    """Whether the prediction log has the papers' words."""
    prediction_log_megabytes: int = 64
    """The size at which a file of the prediction log is closed and the next one begun, in MB."""
    prediction_log_files: int = 0
    """How many files of the prediction log are kept. 0 keeps all."""
    feedback: bool = False
    """Whether feedback is taken."""
    database: str = ""
    """The URL of the database of feedback. Empty is SQLite beside the models."""

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
        for name in ("rate", "public_rate"):
            rate = getattr(self, name)
            fits = isinstance(rate, str) and (not rate or bool(_RATE.fullmatch(rate)))
            _require(fits, name, rate, "like 600/minute")
        for name in _TEXTS:
            _require(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
        for key in self.keys:
            _require(bool(HASH.fullmatch(key)), "keys", "...", "SHA-256 hashes (`arxiv-classifier serve --new-key`)")
        for host in self.allowed_hosts:
            _require(
                bool(_HOST.fullmatch(host)), "allowed_hosts", host, "a host without scheme and port, such as a.org"
            )
        files = self.prediction_log_files
        wanted = "a whole number from 0; 0 keeps all"
        _require(type(files) is int and files >= 0, "prediction_log_files", files, wanted)
        _ = self.plan  # refuses bad variants
        database_settings(self.database, default="")
        if self.production and len(self.secret_key) < _LEAST_SECRET:
            raise ConfigurationError(
                f"In production the API needs a secret key of at least {_LEAST_SECRET} characters. Set "
                "ARXIV_CLASSIFIER_API__SECRET_KEY, to what `openssl rand -base64 48` prints for instance."
            )

    @cached_property
    def plan(self) -> Experiment | None:
        """The experiment that requests take part in, or None if there are no variants."""
        return read_experiment(self.variants, name=self.experiment)

    @property
    def proxies(self) -> int:
        """The number of trusted proxies in front, which report the client's address."""
        return self.trusted_proxies if self.proxy else 0


def requests_and_seconds(rate: str) -> tuple[int, int]:
    """Returns the number of requests that a rate allows, and in how many seconds. 0 requests mean no limit."""
    match = _RATE.fullmatch(rate)
    return (int(match[1]), _SECONDS[match[2]]) if match else (0, 1)


def api_options(values: Mapping[str, object]) -> ApiOptions:
    """Returns the options of a configuration. Raises ConfigurationError for an unknown or invalid one."""
    return read_options(ApiOptions, values, where="The setting api")


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = value.split(",") if isinstance(value, str) else value
    fits = isinstance(values, list | tuple) and all(isinstance(one, str) for one in values)
    _require(fits, name, value, "a list of texts")
    return tuple(one.strip() for one in values if one.strip())  # type: ignore[attr-defined]  # checked just above


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise ConfigurationError(f"Option {name} of the setting api is {value!r}. It has to be {wanted}.")
