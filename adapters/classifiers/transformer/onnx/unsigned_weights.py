"""Converts int8 weights to unsigned numbers, for processors whose sums of signed products overflow.

x86 without VNNI multiplies unsigned by signed bytes and adds pairs of products in 16 bits, where twice 255 * 127
saturates. For unsigned by unsigned bytes, ONNX Runtime widens before it adds. Adding the same number to a weight and to
its zero point does not change the value.
"""

import platform
from pathlib import Path

import numpy as np

from adapters.classifiers.transformer.onnx.protobuf import Field, fields

_PRODUCT = b"DynamicQuantizeMatMul"
_WEIGHT, _ZERO_POINT = 1, 3  # positions among the inputs of a product
_INT8, _UINT8 = 3, 2
_HALF = 128
_X86 = ("x86_64", "amd64", "x86", "i386", "i686")
_VNNI = {"avx512_vnni", "avx_vnni"}
_CPU = Path("/proc/cpuinfo")
# Field numbers in onnx.proto of a model, a graph, a node and a tensor.
_GRAPH, _NODE, _INITIALIZER = 7, 1, 5
_INPUT, _OPERATOR = 1, 4
_DATA_TYPE, _NAME, _RAW_DATA = 2, 8, 9


def saturates() -> bool:
    """Returns whether sums may saturate on this processor, or true if that is unknown."""
    if platform.machine().lower() not in _X86:
        return False
    try:
        text = _CPU.read_text("utf-8", "replace")
    except OSError:
        return True
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return _VNNI.isdisjoint(flags.split())


def with_unsigned_weights(model: bytes) -> bytes:
    """Returns the graph with unsigned weights of its int8 products. Other bytes are returned as they are."""
    if _PRODUCT not in model:
        return model
    changed = bytearray(model)
    try:
        graphs = [field for field in fields(model, 0, len(model)) if field.number == _GRAPH]
        for graph in graphs:
            parts = list(fields(model, graph.start, graph.end))
            names = {name for part in parts if part.number == _NODE for name in _operands(model, part)}
            for part in parts:
                if part.number == _INITIALIZER:
                    _lift(changed, list(fields(model, part.start, part.end)), names)
    except (IndexError, ValueError):
        return model
    return bytes(changed)


def _operands(model: bytes, node: Field) -> list[bytes]:
    parts = list(fields(model, node.start, node.end))
    operator = next((model[field.start : field.end] for field in parts if field.number == _OPERATOR), b"")
    inputs = [model[field.start : field.end] for field in parts if field.number == _INPUT]
    return [inputs[_WEIGHT], inputs[_ZERO_POINT]] if operator == _PRODUCT else []


def _lift(model: bytearray, tensor: list[Field], names: set[bytes]) -> None:
    """Adds 128 to an int8 tensor with one of the names, in place."""
    found = {field.number: field for field in tensor}
    name, kind, data = found.get(_NAME), found.get(_DATA_TYPE), found.get(_RAW_DATA)
    if name is None or kind is None or data is None or bytes(model[name.start : name.end]) not in names:
        return
    if model[kind.start] == _INT8:
        model[kind.start] = _UINT8
        values = np.frombuffer(memoryview(model)[data.start : data.end], np.uint8)
        values ^= _HALF  # in two's complement that adds 128
