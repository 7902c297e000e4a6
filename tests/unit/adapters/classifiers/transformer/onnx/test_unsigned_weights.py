"""Weights as unsigned numbers, for processors without VNNI."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, load_from_string, numpy_helper

from adapters.classifiers.transformer.onnx import unsigned_weights
from adapters.classifiers.transformer.onnx.unsigned_weights import saturates, with_unsigned_weights

DEEP, WIDE = 64, 5


def product(weight: np.ndarray, scale: float = 1.0) -> bytes:
    """A graph of one int8 product, beside a table that is int8 too."""
    wide = weight.shape[1]
    initial = {
        "w": weight,
        "s": np.full(wide, scale, np.float32),
        "z": np.zeros(wide, np.int8),
        "table": np.arange(-4, 4, dtype=np.int8).reshape(4, 2),
    }
    nodes = [
        helper.make_node("DynamicQuantizeMatMul", ["x", "w", "s", "z"], ["y"], domain="com.microsoft"),
        helper.make_node("Cast", ["table"], ["t"], to=TensorProto.FLOAT),
    ]
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", len(weight)])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", wide])],
        [numpy_helper.from_array(value, name) for name, value in initial.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


def run(model: bytes, rows: np.ndarray) -> np.ndarray:
    """Returns ONNX Runtime's output for rows."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": rows})[0])


def test_what_would_be_cut_off_is_not() -> None:
    """The largest weights times the largest inputs give their product to a hundredth, on every processor."""
    weight = np.full((DEEP, WIDE), 127, np.int8)
    rows = np.full((3, DEEP), 2.0, np.float32)
    np.testing.assert_allclose(run(with_unsigned_weights(product(weight)), rows), rows @ weight, rtol=0.01)


def test_only_the_products_weights_change() -> None:
    """Weights and zero points are 128 more and unsigned. The table, the scales and the size stay as they are."""
    weight = np.random.default_rng(0).integers(-127, 128, (DEEP, WIDE)).astype(np.int8)
    before, after = product(weight), with_unsigned_weights(product(weight))
    assert len(after) == len(before)
    old, new = (
        {each.name: numpy_helper.to_array(each) for each in load_from_string(model).graph.initializer}
        for model in (before, after)
    )
    for name in ("w", "z"):
        assert new[name].dtype == np.uint8
        np.testing.assert_array_equal(new[name].astype(int) - 128, old[name].astype(int))
    for name in ("s", "table"):
        np.testing.assert_array_equal(new[name], old[name])
        assert new[name].dtype == old[name].dtype
    assert with_unsigned_weights(after) == after


@given(data=st.binary(max_size=60), cut=st.integers(0, 150))
def test_other_bytes_come_back(data: bytes, cut: int) -> None:
    """Garbage and graphs cut short are left to ONNX Runtime, which says what is wrong with them."""
    for model in (data, b"DynamicQuantizeMatMul" + data, product(np.ones((2, 2), np.int8))[:cut]):
        assert with_unsigned_weights(model) == model


@pytest.mark.parametrize(
    ("machine", "flags", "wrong"),
    [
        ("x86_64", "flags\t\t: fpu avx avx2 fma", True),
        ("AMD64", "model name : x\nflags : avx2 avx512_vnni", False),
        ("x86_64", "flags : avx2 avx_vnni", False),
        ("x86_64", "", True),
        ("x86_64", None, True),
        ("aarch64", "Features : asimd", False),
    ],
)
def test_the_processor_says_whether_it_is_needed(
    machine: str, flags: str | None, wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unsigned weights are needed on x86 processors without VNNI, and on those with unknown flags."""
    if flags is not None:
        (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(unsigned_weights, "_CPU", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert saturates() is wrong
