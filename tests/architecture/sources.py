"""The project's source files, and what is in them, without importing any."""

import ast
from collections.abc import Container, Iterator, Mapping
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


def circles(codes: Mapping[str, str]) -> list[set[str]]:
    """The groups of modules that import one another, at their tops or inside functions, of modules' code by name.

    Imports for type checkers do not count.
    """
    graph = {name: set(_imported_modules(code, codes)) & codes.keys() - {name} for name, code in codes.items()}
    reached = {name: _reached(name, graph) for name in graph}
    found = [{other for other in reached[name] if name in reached[other]} for name in graph]
    return [group for number, group in enumerate(found) if group and group not in found[:number]]


def _imported_modules(code: str, known: Container[str]) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(code)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else str(node.module) for name in names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _reached(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


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
