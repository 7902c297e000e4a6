"""Django's settings of the database that a URL names."""

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from domain.errors import ConfigurationError, MissingPackageError

_FORMS = "postgresql://USER:PASSWORD@HOST:5432/NAME or sqlite:///FOLDER/FILE.sqlite3"
_SECONDS = 5
_LIMITS = f"-c lock_timeout={_SECONDS}s -c statement_timeout={2 * _SECONDS}s"
_POSTGRESQL = ("postgresql", "postgres")


def database_settings(url: str, *, default: Path | str) -> dict[str, object]:
    """Returns Django's entry of DATABASES for a URL, or for the SQLite file `default` if the URL is empty.

    Raises ConfigurationError, without the URL's password, if the URL names no known database.
    """
    if not isinstance(url, str):
        raise ConfigurationError("Option database of the setting api is no text. Write a URL: " + _FORMS + ".")
    if not url:
        return _sqlite(str(default))
    try:
        parts = urlsplit(url)
        port = parts.port or ""
    except ValueError:
        # The reason is left out: if a password has an unencoded /, the reason shows its first half as the port.
        raise _refused(
            "its host or port is none; in a user or password write / as %2F, : as %3A, @ as %40, # as %23 and ? as %3F"
        ) from None
    if parts.scheme == "sqlite":
        path = unquote(parts.path).removeprefix("/")
        if parts.netloc or not path:
            raise _refused("a SQLite URL has three slashes and then a path, four where that begins at the root")
        return _sqlite(path)
    if parts.scheme not in _POSTGRESQL:
        raise _refused(f"it begins with {parts.scheme!r}" if parts.scheme else "it has no scheme")
    if not parts.path.strip("/"):
        raise _refused("it names no database")
    _require_driver()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": port,
        # A server that does not answer must not hold a request for minutes.
        "OPTIONS": {"connect_timeout": _SECONDS, "options": _LIMITS, **dict(parse_qsl(parts.query))},
    }


def _sqlite(path: str) -> dict[str, object]:
    """Returns the entry of a SQLite file with a write-ahead log. Readers never wait, and a writer waits for another."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": _SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }


def _require_driver() -> None:
    if find_spec("psycopg") is None and find_spec("psycopg2") is None:
        raise MissingPackageError("PostgreSQL needs a driver that is not installed.", extra="postgresql")


def _refused(reason: str) -> ConfigurationError:
    return ConfigurationError(f"Option database of the setting api cannot be read: {reason}. Write {_FORMS}.")
