"""The effective configuration of a training."""

from domain.ports.classifier import ClassifierFamily
from entrypoints.settings import Settings
from entrypoints.shares import weighing


def effective_config(settings: Settings, family: ClassifierFamily) -> dict[str, object]:
    """Returns the settings that determine a training, with every default filled in, as JSON-ready values."""
    return {
        "kind": settings.kind,
        "dataset": settings.dataset,
        **reading_config(settings),
        "categories": list(settings.categories) if isinstance(settings.categories, tuple) else settings.categories,
        **({"min_papers": settings.min_papers} if settings.min_papers != 1 else {}),
        **({"label_names": str(settings.label_names)} if settings.label_names else {}),
        "split_by": settings.split_by,
        "limit_samples": settings.limit_samples,
        **weighing(settings),
        "seed": settings.seed,
        "max_characters": settings.max_characters,
        "model": dict(family.effective_options(settings.model)),
    }


def reading_config(settings: Settings) -> dict[str, object]:
    """Returns the settings of reading papers that differ from their defaults, as JSON-ready values."""
    said = {"columns": dict(settings.columns), "separator": settings.separator}
    label_set = {} if settings.label_set == "auto" else {"label_set": settings.label_set}
    return {**{name: value for name, value in said.items() if value}, **label_set}
