"""A database of feedback for tests: Django is set up once in a process, so another file takes the place of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def database(path: Path, monkeypatch: pytest.MonkeyPatch, *, migrate: bool = True) -> Iterator[None]:
    """Makes Django use a SQLite file, with its tables unless `migrate` is off."""
    monkeypatch.setitem(os.environ, "DJANGO_SETTINGS_MODULE", "entrypoints.rest.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    if migrate:
        call_command("migrate", verbosity=0, interactive=False)
    yield
    connection.close()
