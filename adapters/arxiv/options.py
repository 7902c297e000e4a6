"""The options for arXiv: `arxiv:` in a configuration, ARXIV_CLASSIFIER_ARXIV__NAME in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlsplit

from domain.errors import ConfigurationError
from domain.options import read_options

_ADDRESSES = ("endpoint", "lookup_endpoint")


@dataclass(frozen=True, slots=True)
class ArxivOptions:
    """The addresses of arXiv and the pace of requests. The documentation shows the text under each field."""

    endpoint: str = "https://oaipmh.arxiv.org/oai"
    """The address of OAI-PMH. `data harvest --endpoint` sets it too."""
    lookup_endpoint: str = "https://export.arxiv.org/api/query"
    """The address of arXiv's API, used by `predict --arxiv`."""
    pause_seconds: float = 3.0
    """The least number of seconds between two requests."""
    attempts: int = 5
    """The largest number of requests for one page."""
    timeout_seconds: float = 120.0
    """The time-out of each read in seconds."""
    longest_wait_seconds: float = 3600.0
    """The longest `Retry-After` to wait for, in seconds. A longer one ends the command."""
    contact: str = ""
    """A mail or web address to send in `User-Agent` after program and version."""

    def __post_init__(self) -> None:
        for name in _ADDRESSES:
            _check_address(name, getattr(self, name))
        for name in ("pause_seconds", "timeout_seconds", "longest_wait_seconds"):
            _check_number(name, getattr(self, name))
        if not isinstance(self.attempts, int) or isinstance(self.attempts, bool) or self.attempts < 1:
            raise ConfigurationError(f"Option attempts of arxiv is {self.attempts!r}. It has to be 1 or more.")
        if not isinstance(self.contact, str) or not self.contact.isprintable() or not self.contact.isascii():
            raise ConfigurationError(f"Option contact of arxiv is {self.contact!r}. Write a mail or web address.")

    @property
    def user_agent(self) -> str:
        """The program, its version and the contact, if set."""
        program = f"arxiv-classifier/{version('arxiv-classifier')}"
        return f"{program} ({self.contact})" if self.contact else program


def read_arxiv_options(values: Mapping[str, object]) -> ArxivOptions:
    """Returns the options in a configuration."""
    return read_options(ArxivOptions, values, where="Setting arxiv")


def _check_address(name: str, value: object) -> None:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        sound = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        _ = parts.port if parts else None
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationError(f"Option {name} of arxiv is {value!r}. It has to be an address with http or https.")


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ConfigurationError(f"Option {name} of arxiv is {value!r}. It has to be a number of seconds.")
