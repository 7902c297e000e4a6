"""The sources of settings: flag, environment, --config file, the kind's YAML, base.yaml, defaults."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from domain.errors import ConfigurationError
from domain.options import unknown_key
from entrypoints import resources
from entrypoints.registry import kinds
from entrypoints.settings_fields import (
    CONFIG_VARIABLE,
    ENVIRONMENT_PREFIX,
    FREE_FORM,
    NAMES,
    UNPREFIXED,
    Settings,
)
from entrypoints.yaml_files import read_yaml

__all__ = ["Settings", "load_settings", "merged", "read_file"]

# Prefixed variables that are no settings: the file of settings, and the real papers of tests and benchmarks.
_OTHER_VARIABLES = frozenset({"config", "data"})
_DEFAULTS = {name: getattr(Settings(), name) for name in NAMES}


def load_settings(flags: Mapping[str, object] | None = None, *, config: Path | None = None) -> Settings:
    """Returns the effective settings. A flag of None is absent. Without `config` the environment may name a file.

    Raises ConfigurationError with the file or variable, the value found and the accepted values.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    said_in_environment = _environment_settings()
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    named = given.get("kind") or os.environ.get("MODEL_TYPE")
    files = _merged_files(config, named)
    # base.yaml repeats the default kind, which does not count as naming one.
    kind_named = bool(named or files.get("kind", Settings().kind) != Settings().kind or _names_kind(config))
    if not given and not said_in_environment and _restates_defaults(files):
        options = {name: _options(files, name) for name in FREE_FORM}
        return Settings(**options, kind_named=kind_named)  # type: ignore[arg-type]  # mappings
    # pydantic-settings takes 0.3 s to import, a third of the limit of a cold `predict --text`, and a
    # configuration of defaults is valid already.
    from entrypoints.settings_model import validated

    return replace(validated(given, files), kind_named=kind_named)


def merged(over: Mapping[str, object], under: Mapping[str, object]) -> dict[str, object]:
    """Returns both mappings merged, with nested mappings merged too. `over` wins."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(value, below) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return result


def read_file(path: Path) -> dict[str, object]:
    """Returns one YAML file's settings, and refuses unknown keys."""
    content = read_yaml(path, "configuration") or {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"The configuration {path} is a {type(content).__name__}, not a mapping of settings.")
    for key in content:
        if key not in NAMES:
            raise ConfigurationError(unknown_key(str(key), set(NAMES), where=f"The configuration {path}"))
    return content


def _merged_files(config: Path | None, kind: object) -> dict[str, object]:
    folder = resources.configs()
    base = read_file(folder / "base.yaml") if (folder / "base.yaml").is_file() else {}
    own = read_file(config) if config else {}
    kind = kind or own.get("kind") or base.get("kind") or Settings().kind
    if kind not in kinds():
        raise ConfigurationError(f"There is no kind of model {kind!r}. Known are: {', '.join(kinds())}.")
    file_of_kind = folder / f"{kind}.yaml"
    files = merged(own, merged(read_file(file_of_kind) if file_of_kind.is_file() else {}, base))
    return files | {name: _options(files, name) for name in FREE_FORM}


def _names_kind(config: Path | None) -> bool:
    return config is not None and read_file(config).get("kind") is not None


def _options(files: Mapping[str, object], name: str) -> Mapping[str, object]:
    options = files.get(name) or {}
    if not isinstance(options, Mapping):
        raise ConfigurationError(f"The setting {name} is {options!r}, not a mapping of options.")
    return options


def _environment_settings() -> list[str]:
    found = [name for name in UNPREFIXED if os.environ.get(name)]
    known = {*NAMES, *_OTHER_VARIABLES} - set(UNPREFIXED.values())
    for variable in os.environ:
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")[0]
        if name not in known:
            names = {*(ENVIRONMENT_PREFIX + other.upper() for other in known), *UNPREFIXED}
            raise ConfigurationError(unknown_key(variable, names, where="The environment"))
        if name not in _OTHER_VARIABLES:
            found.append(variable)
    return found


def _restates_defaults(files: Mapping[str, object]) -> bool:
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in _DEFAULTS.items()}
    return all(value == plain[name] for name, value in files.items() if name not in FREE_FORM)
