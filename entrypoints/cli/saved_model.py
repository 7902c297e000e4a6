"""The messages of `train` and `ensemble` about the saved model."""

from typing import TYPE_CHECKING, Protocol

import click

from domain.model_bundle import StoredModel
from entrypoints.cli.tables import print_table

if TYPE_CHECKING:
    from application.evaluate import EvaluationReport


class Saved(Protocol):
    """A stored model with its reports on the test papers."""

    @property
    def model(self) -> StoredModel:
        """The bundle."""

    @property
    def with_titles(self) -> "EvaluationReport":
        """The report on papers read with their titles."""

    @property
    def without_titles(self) -> "EvaluationReport":
        """The report on papers read from their abstracts alone."""


def saved_json(saved: Saved) -> dict[str, object]:
    """Returns name, folder and test metrics as JSON-ready values."""
    return {
        "model": saved.model.name,
        "folder": str(saved.model.folder),
        "with_titles": dict(saved.with_titles.metrics),
        "without_titles": dict(saved.without_titles.metrics),
    }


def print_saved(saved: Saved) -> None:
    """Prints the test metrics as a table, and the folder of the model."""
    without = saved.without_titles.metrics
    rows = [[name, value, without[name]] for name, value in saved.with_titles.metrics.items()]
    print_table(["test metric", "with titles", "without"], rows)
    click.echo(f"\nSaved as {saved.model.name} in {saved.model.folder}")
