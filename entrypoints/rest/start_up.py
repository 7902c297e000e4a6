"""Start and stop of variants, the prediction log and feedback."""

import contextlib
import logging
import sys
import time
from pathlib import Path
from typing import Any

from domain.abstract import Abstract
from domain.errors import ArxivClassifierError
from domain.log_events import log_event
from entrypoints.rest.state import State

_logger = logging.getLogger(__name__)
_TRIES = 3
_HOW = "Run `arxiv-classifier manage migrate`."
# Python lets a waiting thread run after 5 ms. Beside a busy shadow or log, each answer would wait for that.
_TURN = 0.0005


def prepare(state: State) -> None:
    """Loads the variants' models, and makes or checks the tables of feedback, before workers are forked."""
    if state.routing is not None:
        state.routing.load()
    if state.options.feedback:
        prepare_database()


def begin(state: State) -> None:
    """Makes each variant's first prediction in a new worker, before its first request.

    Without feedback, requests use no database, so Django need not check its connections each time.
    """
    if not state.options.feedback:
        _leave_the_database_alone()
    variants = state.routing.variants if state.routing else ()
    for variant in variants:
        with contextlib.suppress(ArxivClassifierError):
            state.models.variant(variant.model).model.classifier.predict([Abstract("We study a problem.")])
    if state.routing is not None:
        sys.setswitchinterval(_TURN)


def _leave_the_database_alone() -> None:
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, reset_queries

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    request_started.disconnect(reset_queries)


def end(state: State) -> None:
    """Writes the rest of the log in a worker that ends."""
    if state.routing is not None:
        state.routing.close()


def prepare_database() -> None:
    """Makes the tables in a SQLite file. For another database it logs the remedy if tables are missing.

    Predictions need no database, so its errors are logged, and feedback is answered with 503.
    """
    from django.db import DatabaseError, connection, connections

    try:
        if connection.vendor == "sqlite":
            _migrate()
        if missing := _missing(connection):
            log_event(
                _logger,
                "feedback_not_ready",
                level=logging.ERROR,
                reason=f"The database lacks {', '.join(missing)}.",
                remedy=_HOW,
            )
    except (DatabaseError, OSError) as error:
        reason = " ".join(str(error).split())
        log_event(
            _logger,
            "feedback_not_ready",
            level=logging.ERROR,
            reason=reason,
            remedy=f"Check the setting api.database. {_HOW}",
        )
    finally:
        connections.close_all()  # a connection must not be shared by forked processes


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    make_folder()
    for tries_left in reversed(range(_TRIES)):
        try:
            call_command("migrate", verbosity=0, interactive=False)
            return
        except DatabaseError:  # another server that starts now may have made the tables
            connection.close()
            if not tries_left:
                raise
            time.sleep(0.2)


def make_folder() -> None:
    """Makes the folder of a SQLite file."""
    from django.conf import settings

    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)


def _missing(connection: Any) -> list[str]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
