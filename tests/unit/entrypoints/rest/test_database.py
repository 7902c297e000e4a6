"""Django's settings for a database's URL."""

import sys
import traceback
from types import ModuleType

import pytest

from domain.errors import ConfigurationError
from entrypoints.rest.database import database_settings


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver of PostgreSQL that can be found."""
    module = ModuleType("psycopg")
    module.__spec__ = sys.__spec__
    monkeypatch.setitem(sys.modules, "psycopg", module)


def test_without_a_url_it_is_sqlite() -> None:
    """Without a URL it is SQLite in the given file, where writers wait for one another and readers do not."""
    found = database_settings("", default="api.sqlite3")
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", "api.sqlite3")
    assert "journal_mode=WAL" in str(found["OPTIONS"])


@pytest.mark.parametrize(("url", "path"), [("sqlite:///a/b.db", "a/b.db"), ("sqlite:////srv/b%20c.db", "/srv/b c.db")])
def test_sqlite(url: str, path: str) -> None:
    """Three slashes are a path from here, four one from the root."""
    assert database_settings(url, default="")["NAME"] == path


@pytest.mark.usefixtures("driver")
def test_postgresql() -> None:
    """All parts of a URL arrive, decoded, and a server that does not answer is given up after five seconds."""
    found = database_settings("postgresql://me:p%40ss@db.example:5433/papers?sslmode=require", default="")
    assert found == {
        "ENGINE": "django.db.backends.postgresql", "NAME": "papers", "USER": "me", "PASSWORD": "p@ss",
        "HOST": "db.example", "PORT": 5433,
        "OPTIONS": {
            "connect_timeout": 5, "sslmode": "require", "options": "-c lock_timeout=5s -c statement_timeout=10s",
        },
    }  # fmt: skip


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(
    "url",
    ["mysql://me:secret@h/db", "secret", "sqlite://secret", "sqlite:///", "postgresql://me:secret@h", "postgresql://me:secret@h:x/d",
     "postgresql://me:secret/pass@h/d", "postgresql://me:secret#pass@h/d", "postgresql://me:secret?pass@h/d", "postgresql://me:[secret@h/d"],
)  # fmt: skip
def test_other_urls_are_refused(url: str) -> None:
    """An unreadable URL is refused with the accepted forms, and without the password."""
    with pytest.raises(ConfigurationError, match="Write postgresql://USER") as caught:
        database_settings(url, default="")
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a driver the error has the command that installs one."""
    monkeypatch.setattr("entrypoints.rest.database.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="extra postgresql"):
        database_settings("postgresql://me@h/db", default="")
