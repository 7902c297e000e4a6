"""Whether a document fits a JSON schema."""

import json
from pathlib import Path


def faults(document: object, schema: Path) -> list[str]:
    """Returns the place and the reason of each fault of a document; raises SchemaError if the schema itself has one."""
    from jsonschema import Draft202012Validator

    read = json.loads(schema.read_text("utf-8"))
    Draft202012Validator.check_schema(read)
    found = Draft202012Validator(read).iter_errors(document)
    return [f"{fault.json_path}: {fault.message}" for fault in found]
