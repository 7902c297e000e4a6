"""Refuses a command that needs papers and has no source."""

from domain.errors import ConfigurationError
from entrypoints.settings import Settings


def require_source(settings: Settings, *, how: str = "--dataset SOURCE") -> None:
    """Raises ConfigurationError, which lists the types of sources, if the settings name no source."""
    if settings.dataset is None:
        raise ConfigurationError(
            f"No papers are named. Give {how}: a parquet, JSON Lines or CSV file, a folder with train, validation and "
            "test files, Kaggle's arXiv snapshot, or a data set of the Hugging Face hub as owner/name, such as "
            "TimSchopf/arxiv_categories."
        )
