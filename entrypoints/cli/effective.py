"""The effective configuration of a training."""

from domain.ports.classifier import ClassifierFamily
from entrypoints.settings import Settings
from entrypoints.shares import weighing


def effective_config(settings: Settings, family: ClassifierFamily) -> dict[str, object]:
    """What the training depends on, every default filled in, as JSON-ready values."""
    return {
        "kind": settings.kind,
        "dataset": settings.dataset,
        **({"columns": dict(settings.columns)} if settings.columns else {}),
        "categories": list(settings.categories) if isinstance(settings.categories, tuple) else settings.categories,
        "split_by": settings.split_by,
        "limit_samples": settings.limit_samples,
        **weighing(settings),
        "seed": settings.seed,
        "max_characters": settings.max_characters,
        "model": dict(family.effective_options(settings.model)),
    }
