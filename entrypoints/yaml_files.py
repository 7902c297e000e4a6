"""Reads YAML files that people write, with readable errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.errors import ConfigurationError

_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path, what: str, *, remedy: str = "") -> object:
    """Returns the file's document. Raises ConfigurationError, which calls the file `what`, if it is missing or no YAML.

    A repeated key of a mapping is refused, because YAML's loader would silently drop the first value. The error of a
    file that cannot be read ends with `remedy`.
    """
    import yaml

    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_bytes())
        document = loader.get_single_node()
        for key in _twice(document, loader):
            raise ConfigurationError(f"The {what} {path} names {key!r} twice. Give each its own name.")
        return None if document is None else loader.construct_document(document)
    except OSError as error:
        said = f"The {what} {path} cannot be read: {error.strerror}. {remedy}"
        raise ConfigurationError(said.rstrip()) from error
    # An invalid date, number or bytes fails with the error of the conversion.
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, RecursionError) as error:
        said = " ".join(str(error).split()).replace(' in "<byte string>",', " at")
        raise ConfigurationError(f"The {what} {path} is not YAML: {said}.") from error


def _twice(document: Any, loader: Any) -> Iterator[object]:
    """Yields the repeated keys of mappings in the document. Merged keys of another mapping may be overridden."""
    import yaml

    waiting, seen = [document], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            waiting += node.value
            continue
        keys = set()
        for key, value in node.value:
            waiting += (key, value)
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                name = loader.construct_object(key)
                if name in keys:
                    yield name
                keys.add(name)
