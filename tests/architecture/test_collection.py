"""Tests are collected quickly and shared out: no heavy library is imported before a test needs it, or twice."""

import gc

import pytest

from tests.architecture.test_start_up import HEAVY
from tests.distribution import TOGETHER, group_of, processes

# Some tenths of a second each: tests describe requests, lines of a log and graphs with them.
LIGHT = frozenset({"django", "onnx", "structlog"})


def test_collecting_imports_no_heavy_library(collected_with: frozenset[str]) -> None:
    """The tests that this run chose are collected without Keras, scikit-learn, MLflow, Optuna and the like."""
    heavy = (HEAVY - LIGHT) | {"schemathesis", "sqlalchemy"}
    assert collected_with & heavy == set()
    assert {"pytest", "hypothesis", "tests"} <= collected_with


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], None),
        (["tests/unit"], None),
        (["tests/unit", "tests/test_api.py"], None),
        (["tests/test_api.py"], 0),
        (["tests/test_api.py::test_direct", "tests/unit/domain/test_abstract.py"], 0),
    ],
)
def test_few_tests_run_in_one_process(arguments: list[str], wanted: int | None) -> None:
    """All tests, and those of a folder, run on all processors; named files and tests run in the process of the call."""
    assert processes(arguments) == wanted


def test_a_library_s_tests_stay_together(pytestconfig: pytest.Config) -> None:
    """Each prefix of a group names files that are there, and their tests go to the process of the group."""
    for name, prefixes in TOGETHER.items():
        for prefix in prefixes:
            found = list(pytestconfig.rootpath.glob(f"{prefix}*"))
            assert found, prefix
            assert group_of(f"{prefix}::test_x[a]") == name
    assert group_of("tests/unit/domain/test_abstract.py::test_x") == "tests/unit/domain/test_abstract.py"


def test_garbage_collections_search_new_objects_only() -> None:
    """The tests and libraries that were there before a file's first test are left out of garbage collections."""
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10 * len(gc.get_objects())
