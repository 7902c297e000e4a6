"""Calls MLflow through its own client with short time-outs, and translates its errors."""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.registry.file_changes import locked, told_of
from domain.errors import MissingPackageError, ModelNotFoundError, RegistryUnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Defaults for the library's environment variables. Its own retries last minutes, its telemetry sends data, and a pooled
# connection would be shared by the processes that a server forks.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_SILENT = "it did not answer in time"
# Short words for long messages of the libraries.
_MEANINGS = {
    "timed out": _SILENT,
    "connection refused": "it refuses connections",
    "failed to resolve": "there is no machine of that name",
}
# A server that starts with several references waits for a silent registry only once within this time.
_LEFT_ALONE_SECONDS = 5.0
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"
_DATABASES = ("mssql", "mysql", "postgresql", "sqlite")
_PASSWORD = re.compile(r"//[^/@]*@")


class MlflowServer:
    """A tracking server or database that is also a model registry, by its URI.

    Processes of this machine take a lock in `folder`, because two that create a database's tables at once would fail.
    `timeout` in seconds overrides the environment. After a time-out, further requests fail immediately for some
    seconds.
    """

    def __init__(
        self, uri: str, folder: Path, *, timeout: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if find_spec("mlflow") is None:
            raise MissingPackageError("The registry mlflow needs packages that are not installed.", extra="mlflow")
        self.uri = uri
        self._folder = folder
        self._timeout = timeout
        self._clock = clock
        self._silent_until = clock()
        self._client: Any = None

    @property
    def shown(self) -> str:
        """The URI without a password."""
        return _PASSWORD.sub("//***@", self.uri)

    @contextmanager
    def asked(self) -> "Iterator[MlflowClient]":
        """Provides the client, and translates its errors in the block.

        Raises ModelNotFoundError for what MLflow does not have, and RegistryUnavailableError for other failures.
        """
        if self._clock() < self._silent_until:
            raise self._unavailable(_SILENT)
        _prepare(self._timeout)
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield self._its_client()
        except (MlflowException, SQLAlchemyError, OSError) as error:  # errors of requests are OSErrors
            if is_unknown(error):
                raise ModelNotFoundError(f"The registry at {self.shown} says: {_reason(error)}") from error
            if (reason := _reason(error)) == _SILENT:
                self._silent_until = self._clock() + _LEFT_ALONE_SECONDS
            raise self._unavailable(reason) from error

    def _unavailable(self, reason: str) -> RegistryUnavailableError:
        waited = f", which is {os.environ[_TIMEOUT]} s" if reason == _SILENT and _TIMEOUT in os.environ else ""
        return RegistryUnavailableError(
            f"The registry at {self.shown} cannot be used: {reason}{waited}. "
            "Start it, or set ARXIV_CLASSIFIER_REGISTRY_OPTIONS__URI to where it is."
        )

    def _its_client(self) -> Any:
        from mlflow import MlflowClient

        if self._client is None:
            if self.uri.startswith(_DATABASES):
                self._reach_database()
            client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            if self.uri.startswith("sqlite:"):
                self._make_tables(client)
            self._client = client
        return self._client

    def _reach_database(self) -> None:
        """Connects once, to fail immediately where MLflow would retry for a hundred seconds."""
        from sqlalchemy import NullPool, create_engine

        if self.uri.startswith("sqlite:///"):
            folder = Path(self.uri.removeprefix("sqlite:///")).parent
            with told_of("The registry cannot be made", folder):
                folder.mkdir(parents=True, exist_ok=True)
        waits = {"connect_timeout": 5} if self.uri.startswith(("postgresql", "mysql")) else {}
        create_engine(self.uri, poolclass=NullPool, connect_args=waits).connect().close()

    def _make_tables(self, client: Any) -> None:
        with told_of("The registry cannot be made", self._folder), locked(self._folder):
            client.get_experiment_by_name("Default")  # creates the tables of runs
            client.search_registered_models(max_results=1)  # creates the tables of models


def _prepare(timeout: int | None) -> None:
    if timeout is not None:
        os.environ[_TIMEOUT] = str(timeout)
    # The library reads some of these when it is imported.
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    # Each retry would log a line, less useful than the error that follows.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)


def is_unknown(error: Exception) -> bool:
    """Returns whether MLflow reports that something does not exist."""
    return getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST"


def exists_already(error: Exception) -> bool:
    """Returns whether MLflow reports that something exists already."""
    return getattr(error, "error_code", "") == "RESOURCE_ALREADY_EXISTS"


def _reason(error: Exception) -> str:
    told = " ".join(str(error).split())
    for sign, meaning in _MEANINGS.items():
        if sign in told.lower():
            return meaning
    return _PASSWORD.sub("//***@", told)[:300].rstrip(".")
