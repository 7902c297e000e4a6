"""How MLflow is asked: its own client with short waits, and its errors as the project's."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.registry.changing import locked, told_of
from domain.errors import ConfigurationError, ModelNotFoundError, RegistryUnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# What the library takes from the environment, unless somebody set it. Its own retries last minutes; its telemetry
# calls home; a pooled connection would be shared by the processes that a server forks.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
# What the libraries say at length, with addresses of objects in memory.
_MEANINGS = {
    "timed out": "it did not answer in time",
    "connection refused": "it refuses connections",
    "failed to resolve": "there is no machine of that name",
}
_DATABASES = ("mssql", "mysql", "postgresql", "sqlite")
_PASSWORD = re.compile(r"//[^/@]*@")


class MlflowServer:
    """A tracking server or database that is also a model registry, by its URI.

    In `folder` processes of this machine wait for one another: two that make a database's tables at once would fail.
    """

    def __init__(self, uri: str, folder: Path) -> None:
        if find_spec("mlflow") is None:
            raise ConfigurationError(
                "The registry mlflow needs an extra. Install it with: pip install 'arxiv-classifier[mlflow]'"
            )
        self.uri = uri
        self._folder = folder
        self._client: Any = None

    @property
    def shown(self) -> str:
        """The URI without a password."""
        return _PASSWORD.sub("//***@", self.uri)

    @contextmanager
    def asked(self) -> "Iterator[MlflowClient]":
        """The client; in the block, what MLflow does not have is a ModelNotFoundError.

        Whatever else it cannot do is a RegistryUnavailableError.
        """
        _prepare()
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield self._its_client()
        except (MlflowException, SQLAlchemyError, OSError) as error:  # what requests raises is an OSError
            if is_unknown(error):
                raise ModelNotFoundError(f"The registry at {self.shown} says: {_reason(error)}") from error
            raise RegistryUnavailableError(
                f"The registry at {self.shown} cannot be used: {_reason(error)}. "
                "Start it, or set ARXIV_CLASSIFIER_REGISTRY_OPTIONS__URI to where it is."
            ) from error

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
        """Fails at once where MLflow would try for a hundred seconds."""
        from sqlalchemy import NullPool, create_engine

        if self.uri.startswith("sqlite:///"):
            folder = Path(self.uri.removeprefix("sqlite:///")).parent
            with told_of("The registry cannot be made", folder):
                folder.mkdir(parents=True, exist_ok=True)
        waits = {"connect_timeout": 5} if self.uri.startswith(("postgresql", "mysql")) else {}
        create_engine(self.uri, poolclass=NullPool, connect_args=waits).connect().close()

    def _make_tables(self, client: Any) -> None:
        with told_of("The registry cannot be made", self._folder), locked(self._folder):
            client.get_experiment_by_name("Default")  # the tables of runs
            client.search_registered_models(max_results=1)  # and those of models


def _prepare() -> None:
    # Before the library is imported, which reads some of these then.
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    # Each retry would be a line that says less than the error that follows.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)


def is_unknown(error: Exception) -> bool:
    """Whether MLflow says that there is no such thing, and not that it cannot answer."""
    return getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST"


def exists_already(error: Exception) -> bool:
    """Whether MLflow says that there is one already."""
    return getattr(error, "error_code", "") == "RESOURCE_ALREADY_EXISTS"


def _reason(error: Exception) -> str:
    told = " ".join(str(error).split())
    for sign, meaning in _MEANINGS.items():
        if sign in told.lower():
            return meaning
    return _PASSWORD.sub("//***@", told)[:300].rstrip(".")
