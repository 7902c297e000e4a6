"""Refuses a command that needs papers and is told of none."""

from domain.errors import ConfigurationError
from entrypoints.settings import Settings


def require_source(settings: Settings, *, how: str = "--dataset SOURCE") -> None:
    """Raises ConfigurationError, which says what a source is, where the settings name none."""
    if settings.dataset is None:
        raise ConfigurationError(
            f"No papers are named. Give {how}: a parquet, JSON Lines or CSV file, a folder with train, validation and "
            "test files, Kaggle's arXiv snapshot, or a data set of the Hugging Face hub as owner/name, such as "
            "TimSchopf/arxiv_categories."
        )
