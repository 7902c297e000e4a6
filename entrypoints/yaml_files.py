"""How a YAML file that a person wrote is read, and what is said of one that cannot be."""

from pathlib import Path
from typing import Any

from domain.errors import ConfigurationError


def read_yaml(path: Path, what: str, *, remedy: str = "") -> object:
    """The file's document; a ConfigurationError that calls the file `what` where it is not there, or no YAML.

    A key that a mapping has twice is refused: of two values, YAML's loader would lose the first without a word.
    `remedy` is said of a file that cannot be read.
    """
    import yaml

    try:
        return yaml.load(path.read_bytes(), Loader=_loader(f"The {what} {path}"))
    except OSError as error:
        said = f"The {what} {path} cannot be read: {error.strerror}. {remedy}"
        raise ConfigurationError(said.rstrip()) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The {what} {path} is not YAML: {' '.join(str(error).split())}.") from error


def _loader(file: str) -> Any:
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]  # whichever of the two there is
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
            for key in keys:
                if keys.count(key) > 1:
                    raise ConfigurationError(f"{file} names {key!r} twice. Give each its own name.")
            return super().construct_mapping(node, deep)

    return Loader
