"""The reference of settings and options, from the classes and files that have them."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click
import yaml

from adapters.arxiv.options import ArxivOptions
from entrypoints import settings_fields
from entrypoints.cli.main import NAME, cli
from entrypoints.rest.options import ApiOptions
from entrypoints.settings_fields import NAMES, UNPREFIXED, Settings
from entrypoints.settings_model import SettingsModel
from scripts.reference.commands import leaves, options_of
from scripts.reference.markdown import code, table

_CONFIGS = Path(settings_fields.__file__).parents[1] / "configs"


def all_settings() -> str:
    """Every setting with its values, default, variable, flag and meaning."""
    described, flags, values = descriptions(Settings), _flags(), _values()
    rows = [
        (
            code(name),
            values[name],
            _default(Settings, name),
            code(_variable(name)),
            flags.get(name, ""),
            described[name],
        )
        for name in NAMES
    ]
    return table(("setting", "value", "default", "environment", "flag", "is"), rows)


def api_options() -> str:
    """The options of the setting `api`."""
    return _options(ApiOptions)


def arxiv_options() -> str:
    """The options of the setting `arxiv`."""
    return _options(ArxivOptions)


def model_options(kind: str) -> str:
    """The options of a kind of model, with the remarks of its configuration file."""
    file = _CONFIGS / f"{kind}.yaml"
    remarks = _remarks(file.read_text("utf-8"))
    values: Mapping[str, Any] = yaml.safe_load(file.read_text("utf-8"))["model"]
    rows = [(code(name), code(_shown(values[name])), remarks[name]) for name in values]
    return table(("option", "default", "is"), rows)


def descriptions(options: type) -> dict[str, str]:
    """The text that stands under each field of a dataclass; a field without one is an error."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(options))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            text = below.value if isinstance(below, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[line.target.id] = text.value
    missing = [field.name for field in fields(options) if field.name not in found]
    if missing:
        raise ValueError(f"{options.__name__} does not describe {', '.join(missing)}: put a text under each field.")
    return found


def _options(options: type) -> str:
    described = descriptions(options)
    rows = [(code(field.name), _default(options, field.name), described[field.name]) for field in fields(options)]
    return table(("option", "default", "is"), rows)


def _default(options: type, name: str) -> str:
    (field,) = (each for each in fields(options) if each.name == name)
    value = field.default if field.default is not MISSING else None
    return code(_shown(value))


def _shown(value: object) -> str:
    if value in (None, "", ()):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _variable(name: str) -> str:
    unprefixed = {setting: variable for variable, setting in UNPREFIXED.items()}
    return unprefixed.get(name, settings_fields.ENVIRONMENT_PREFIX + name.upper())


def _flags() -> dict[str, str]:
    """The flags that set a setting: parameters of its name in the commands that take settings."""
    found: dict[str, dict[str, None]] = {name: {} for name in NAMES}
    for context in leaves(click.Context(cli, info_name=NAME)):
        for option in options_of(context):
            if isinstance(option, click.Option) and option.name in found:
                found[option.name][code(option.opts[0])] = None
    return {name: ", ".join(flags) for name, flags in found.items()} | {"debug": code("--debug")}


def _values() -> dict[str, str]:
    schema = SettingsModel.model_json_schema(by_alias=False)
    return {name: _kinds(schema["properties"][name]) for name in NAMES}


def _kinds(schema: Mapping[str, Any]) -> str:
    """Returns the values that a part of a JSON schema allows, in words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kinds(each) for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
    words |= {"array": "list", "object": "mapping"}
    return words[schema["type"]] + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum")
    above = "above" if "exclusiveMinimum" in schema else "from"
    return (f" {above} {least:g}" if least is not None else "") + (f" to {most:g}" if most is not None else "")


def _remarks(text: str) -> dict[str, str]:
    """The remark behind each key of a YAML file; nothing for a key without one."""
    lines = (line.strip().partition("#") for line in text.splitlines())
    return {key.partition(":")[0].strip(): remark.strip() for key, _, remark in lines if ":" in key}
