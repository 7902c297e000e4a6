"""Checks that an ONNX graph runs each node at most once, so that its time is bounded by its size."""

from mmap import ACCESS_READ, mmap
from pathlib import Path

from adapters.classifiers.transformer.onnx.protobuf import Field, fields
from domain.errors import CorruptModelError

# Field numbers in onnx.proto of a model, a graph, a node and an attribute.
_GRAPH, _FUNCTIONS = 7, 25
_NODE = 1
_OPERATOR, _ATTRIBUTE = 4, 5
_INNER_GRAPHS = {6, 11}


def check_flow(path: Path) -> None:
    """Raises CorruptModelError if a graph has functions, or a node with an inner graph such as Loop, If or Scan.

    Graphs of this program have neither. An infinite loop would hang the process that loads it.
    """
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as model:
            _check_flow(model)
    except (OSError, ValueError, IndexError) as error:
        raise CorruptModelError(f"{path} cannot be read ({error}). Restore or retrain the model.") from error


def _check_flow(model: mmap) -> None:
    for part in fields(model, 0, len(model)):
        if part.number == _FUNCTIONS:
            raise ValueError("it has functions of its own")
        if part.number == _GRAPH:
            for node in fields(model, part.start, part.end):
                if node.number == _NODE:
                    _check_node(model, node)


def _check_node(model: mmap, node: Field) -> None:
    parts = list(fields(model, node.start, node.end))
    for attribute in parts:
        if attribute.number == _ATTRIBUTE and any(
            field.number in _INNER_GRAPHS for field in fields(model, attribute.start, attribute.end)
        ):
            named = [model[field.start : field.end] for field in parts if field.number == _OPERATOR]
            raise ValueError(f"its node {b''.join(named).decode('utf-8', 'replace')} runs a graph of its own")
