"""The required kind of the served model, if MODEL_TYPE and MODEL_PATH are both set."""

import os

from domain.errors import ConfigurationError
from entrypoints.settings import Settings


def required_kind(settings: Settings) -> str | None:
    """Returns the kind in MODEL_TYPE if MODEL_PATH is set too; None if one of the two is not set."""
    return settings.kind if settings.model_path and os.environ.get("MODEL_TYPE") else None


def refuse_other_kind(required: str, path: str, found: str) -> None:
    """Raises ConfigurationError if the model at `path` is of another kind than the required one."""
    if found != required:
        raise ConfigurationError(
            f"MODEL_TYPE is {required!r}, and MODEL_PATH is {path!r}, a model of kind {found!r}. "
            f"Unset MODEL_TYPE, or name a model of kind {required!r} in MODEL_PATH."
        )
