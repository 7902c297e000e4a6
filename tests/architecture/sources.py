"""The project's source files, and what is in them, without importing any."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("domain", "application", "adapters", "entrypoints")
# What programs import; it gives out what the packages hold.
INTERFACE = "arxiv_classifier"
_PICKLERS = frozenset({"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"})
_PICKLING_CALLS = frozenset({"read_pickle", "to_pickle"})


def sources(root: Path, *packages: str) -> list[Path]:
    """The Python files of some packages, by default of all four."""
    return sorted(path for package in packages or PACKAGES for path in (root / package).rglob("*.py"))


def imported_packages(code: str) -> set[str]:
    """The top-level packages that a module imports, at its top or inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def adapter_names(code: str) -> list[str]:
    """The strings in a module that name an adapter, as `adapters.datasets.files:build`; also parts of f-strings."""
    constants = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str) and value.startswith("adapters.")]


def pickling(code: str) -> Iterator[str]:
    """Whatever in a module could read or write a pickle."""
    yield from sorted(imported_packages(code) & _PICKLERS)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not _is_false(node.value):
            yield "allow_pickle"
        elif isinstance(node, ast.keyword) and node.arg == "safe_mode" and _is_false(node.value):
            yield "safe_mode"  # Keras then runs pickled Python lambdas
        elif isinstance(node, ast.Attribute) and node.attr in _PICKLING_CALLS:
            yield node.attr
        elif isinstance(node, ast.Call) and _called(node) == "import_module":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and a.value in _PICKLERS)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _called(node: ast.Call) -> str:
    """The last part of the name that is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
