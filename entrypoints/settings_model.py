"""Checks settings with pydantic-settings. It is imported only if a setting differs from its default."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from domain.errors import ConfigurationError
from entrypoints.debug_variable import is_boolean
from entrypoints.settings_fields import ENVIRONMENT_PREFIX, FREE_FORM, NAMES, UNPREFIXED, Settings

_DEFAULT = Settings()
_DEBUG = "DEBUG"


def _lower(value: object) -> object:
    """Returns a level in lower case, because INFO is a common spelling."""
    return value.lower() if isinstance(value, str) else value


def _none_is_null(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(_none_is_null(each) for each in value)
    return "null" if value is None else value


class SettingsModel(BaseSettings):
    """The types and bounds of every setting. Names and defaults are those of `Settings`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        protected_namespaces=(),
        validate_by_name=True,
        validate_by_alias=True,
    )

    kind: str = Field(_DEFAULT.kind, validation_alias="MODEL_TYPE")
    model_path: str | None = Field(_DEFAULT.model_path, validation_alias="MODEL_PATH")
    artifacts: Path = _DEFAULT.artifacts
    debug: bool = Field(_DEFAULT.debug, validation_alias=_DEBUG)
    log_format: Annotated[Literal["auto", "console", "json"], BeforeValidator(_lower)] = "auto"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"
    max_characters: PositiveInt = _DEFAULT.max_characters
    prediction_batch_size: PositiveInt = _DEFAULT.prediction_batch_size
    close_categories: bool = _DEFAULT.close_categories
    dataset: str | None = _DEFAULT.dataset
    columns: dict[str, object] = Field(default_factory=dict)
    label_set: Literal["auto", "arxiv", "own"] = "auto"
    separator: str | None = _DEFAULT.separator
    categories: str | tuple[str, ...] | None = _DEFAULT.categories
    min_papers: PositiveInt = _DEFAULT.min_papers
    label_names: Path | None = _DEFAULT.label_names
    max_unreadable: Annotated[float, Field(ge=0, le=1)] = _DEFAULT.max_unreadable
    split_by: str = _DEFAULT.split_by
    limit_samples: PositiveInt | None = _DEFAULT.limit_samples
    weights: str | None = _DEFAULT.weights
    seed: Annotated[int, Field(ge=0, lt=2**32)] = _DEFAULT.seed  # the range of numpy and Keras
    # `tracker: null` in YAML is None, and means the tracker of that name.
    tracker: Annotated[str | tuple[str, ...], BeforeValidator(_none_is_null)] = _DEFAULT.tracker
    tracking: dict[str, object] = Field(default_factory=dict)
    registry: str = _DEFAULT.registry
    registry_options: dict[str, object] = Field(default_factory=dict)
    model: dict[str, object] = Field(default_factory=dict)
    api: dict[str, object] = Field(default_factory=dict)
    arxiv: dict[str, object] = Field(default_factory=dict)
    demo_arxiv: bool = _DEFAULT.demo_arxiv


def validated(flags: Mapping[str, object], files: Mapping[str, object]) -> Settings:
    """Returns the settings of flags, environment, files and defaults, in this order, with nested mappings merged."""

    class Sourced(SettingsModel):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, _Environment(settings_cls), InitSettingsSource(settings_cls, dict(files))

    try:
        model = Sourced(**flags)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        raise ConfigurationError(_sentence(error, flags)) from error
    except SettingsError as error:
        raise ConfigurationError(f"The environment holds JSON that cannot be read: {error}.") from error
    return Settings(**{name: getattr(model, name) for name in NAMES})


class _Environment(EnvSettingsSource):
    """Reads numbers and booleans in the environment for options whose types pydantic does not know.

    ARXIV_CLASSIFIER_MODEL__EPOCHS=3 is the number 3. Pydantic alone would leave a text.
    """

    @override
    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        return json.loads(value, object_pairs_hook=_once)

    @override
    def __call__(self) -> dict[str, Any]:
        found = {name: _parsed(value) if name in FREE_FORM else value for name, value in super().__call__().items()}
        return {name: _read_debug(value) if name == _DEBUG else value for name, value in found.items()}


def _read_debug(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.strip() if is_boolean(value) else False


def _parsed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _parsed(inner) for key, inner in value.items()}
    try:
        return json.loads(value, object_pairs_hook=_once) if isinstance(value, str) else value
    except ValueError:
        return value


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Returns a JSON object, and refuses a repeated name, of which Python's reader silently drops the first value."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"The environment holds JSON that names {name!r} twice. Give each its own name.")
    return dict(pairs)


def _sentence(error: ValidationError, flags: Mapping[str, object]) -> str:
    first = error.errors()[0]
    name = UNPREFIXED.get(str(first["loc"][0]), str(first["loc"][0]))
    variable = next((v for v, field in UNPREFIXED.items() if field == name), ENVIRONMENT_PREFIX + name.upper())
    origin = f"variable {variable}" if variable in os.environ and name not in flags else f"setting {name}"
    return f"The {origin} is {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}."
