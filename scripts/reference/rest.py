"""The reference of the REST API, from the OpenAPI document that its own command writes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.reference.markdown import cell, code, sentences, table

_WRITE = (sys.executable, "-m", "entrypoints", "manage", "spectacular", "--format", "openapi-json")
_OURS = ("MODEL_PATH", "MODEL_TYPE", "DEBUG")
_TYPES = {"integer": "whole number", "string": "text", "boolean": "true or false"}


def rest() -> str:
    """Every address with its fields and answers, then every object that they are made of."""
    document = openapi()
    addresses = [_address(path, method, said) for path, method, said in operations(document)]
    objects = [_object(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n\n".join(["## Addresses", *addresses, "## Objects", *objects])


def openapi() -> dict[str, Any]:
    """The OpenAPI document of a server with default settings."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    plain = {name: value for name, value in kept.items() if not name.startswith("ARXIV_CLASSIFIER_")}
    done = subprocess.run(_WRITE, env=plain, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The OpenAPI document cannot be written: {done.stderr}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each path with each of its methods and what is said of them."""
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield path, method.upper(), said


def _address(path: str, method: str, said: Mapping[str, Any]) -> str:
    parts = [f"### {method} {path}", sentences(said.get("description"))]
    if said.get("parameters"):
        parts.append(table(("parameter", "in", "value", "is"), map(_parameter, said["parameters"])))
    for content in said.get("requestBody", {}).get("content", {}).values():
        parts.append(f"Takes {_kind(content['schema'])}.")
    rows = [(status, _answers(answer), answer.get("description", "")) for status, answer in _sorted(said["responses"])]
    return "\n\n".join([*parts, table(("status", "answer", "meaning"), rows)])


def _sorted(answers: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(answers.items())


def _parameter(said: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return code(said["name"]), said["in"], _kind(said["schema"]), said.get("description", "")


def _answers(answer: Mapping[str, Any]) -> str:
    return ", ".join(f"{_kind(content['schema'])} as {code(of)}" for of, content in answer.get("content", {}).items())


def _object(name: str, schema: Mapping[str, Any]) -> str:
    parts = [f"### {name}", sentences(schema.get("description"))]
    needed = schema.get("required", ())
    if "properties" not in schema:
        return "\n\n".join([*parts, _kind(schema)])
    rows = [
        (code(field), "yes" if field in needed else "", _kind(of), _default(of), of.get("description", ""))
        for field, of in schema["properties"].items()
    ]
    return "\n\n".join([*parts, table(("field", "needed", "value", "default", "is"), rows)])


def _default(schema: Mapping[str, Any]) -> str:
    return code(json.dumps(schema["default"])) if schema.get("default") is not None else ""


def _kind(schema: Mapping[str, Any]) -> str:
    """Returns the values that a part of the document allows, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_kind(each) for each in schema[several])
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}{_bounds(schema, 'Items')}"
    kind = schema.get("type", "anything")
    return cell(_TYPES.get(kind, kind)) + _bounds(schema, "Length") + _bounds(schema, "imum")


def _bounds(schema: Mapping[str, Any], of: str) -> str:
    low, high = schema.get(f"min{of}"), schema.get(f"max{of}")
    unit = {"Items": " items", "Length": " characters", "imum": ""}[of]
    if low is None and high is None:
        return ""
    return f" ({low if low is not None else 0} to {high}{unit})" if high is not None else f" (from {low}{unit})"
