"""The models of a server at its start. They are checked before Django is imported, and loaded before it listens."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.errors import CorruptModelError, IncompatibleModelError, InvalidInputError, ModelNotFoundError
from domain.ports.model_store import ModelStore
from domain.registered_model import PREFIX
from entrypoints.rest.options import ApiOptions
from entrypoints.served_kind import refuse_other_kind, required_kind
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.rest.state import State

_DEFAULT = "Name another model with --model, MODEL_PATH or MODEL_TYPE."
_VARIANT = "The variant {!r} has this model: name another in the setting api.variants."


def check_models(settings: Settings, options: ApiOptions, store: ModelStore) -> None:
    """Raises an error if the default model or a variant's is missing, damaged or of another kind than MODEL_TYPE.

    It takes a second. `load_models` would find the same after the imports of a server. Registries, which may be slow,
    are not asked.
    """
    with _remedy(_DEFAULT):
        if not settings.model_reference.startswith(PREFIX):
            stored = store.find(settings.model_reference)
            refuse_other_kind(required_kind(settings) or stored.card.kind, settings.model_reference, stored.card.kind)
    for variant in options.plan.variants if options.plan else ():
        with _remedy(_VARIANT.format(variant.name)):
            if not variant.model.startswith(PREFIX):
                store.find(variant.model)


def load_models(state: "State") -> None:
    """Loads the default model and those of variants. Raises an error if one is missing, damaged or incompatible.

    A registry that cannot be reached raises nothing, because it may soon be back. The server starts without that model,
    reports it in health, and tries again.
    """
    with _remedy(_DEFAULT):
        state.models.start()
    for variant in state.routing.variants if state.routing else ():
        with _remedy(_VARIANT.format(variant.name)):
            state.models.start(variant.model)


@contextlib.contextmanager
def _remedy(sentence: str) -> Iterator[None]:
    """Adds the remedy to the error of a model that cannot be loaded."""
    try:
        yield
    except (ModelNotFoundError, IncompatibleModelError, CorruptModelError) as error:
        raise type(error)(f"{error} {sentence}") from error
    except (InvalidInputError, OSError) as error:  # a name or a path that cannot be read
        raise ModelNotFoundError(f"{error} {sentence}") from error
