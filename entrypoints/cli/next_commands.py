"""The commands that use a model that was just saved."""

import shlex

from domain.model_bundle import StoredModel
from entrypoints.cli.messages import say
from entrypoints.settings import Settings

_TEXT = "We propose a convolutional network for image segmentation."


def tell_next(model: StoredModel, settings: Settings, *, elsewhere: Settings) -> None:
    """Writes to stderr the commands that predict with the model, measure it, and make it the one in use.

    `elsewhere` are the settings of a command without flags.
    """
    commands = next_commands(model.name, settings, elsewhere=elsewhere)
    say("\nNext:\n" + "\n".join(f"  {command}" for command in commands), event="model_ready", commands=commands)


def next_commands(name: str, settings: Settings, *, elsewhere: Settings) -> list[str]:
    """Returns the commands, with flags for settings that differ from `elsewhere`, those of a command without flags."""
    before = ""
    if settings.artifacts.resolve() != elsewhere.artifacts.resolve():
        before = f"ARXIV_CLASSIFIER_ARTIFACTS={shlex.quote(str(settings.artifacts))} "
    program, said = f"{before}arxiv-classifier", shlex.quote(name)
    columns = ",".join(f"{name}={theirs}" for name, theirs in settings.columns.items())
    papers = f" --dataset {shlex.quote(settings.dataset)}" if settings.dataset else ""
    papers += f" --columns {shlex.quote(columns)}" if columns else ""
    papers += f" --separator {settings.separator}" if settings.separator else ""
    papers += f" --label-set {settings.label_set}" if settings.label_set != elsewhere.label_set else ""
    split = f" --split-by {settings.split_by}" if settings.split_by != elsewhere.split_by else ""
    return [
        f'{program} predict --model {said} --text "{_TEXT}"',
        f"{program} evaluate --models {said}{papers}{split}",
        f"{program} models use {said}",
    ]
