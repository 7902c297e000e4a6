"""Which tests run in which process: those of a file together, and files that need one heavy library as well."""

from collections.abc import Sequence
from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Keras takes some ten seconds of a processor to import, a database of MLflow as much to make, gradio and datasets a
# few: one process pays for each. A prefix stands for the files below it.
TOGETHER = {
    "keras": ("tests/contracts/test_classifier_contract.py", "tests/unit/adapters/classifiers/"),
    "mlflow": (
        *("tests/contracts/test_registry_contract.py", "tests/contracts/test_tracker_contract.py"),
        *("tests/e2e/test_cli_registry.py", "tests/e2e/test_cli_trackers.py", "tests/e2e/test_registry_serving.py"),
        *("tests/unit/adapters/registry/", "tests/unit/adapters/trackers/"),
    ),
    "datasets": ("tests/contracts/test_dataset_contract.py", "tests/unit/adapters/datasets/"),
    "demo": ("tests/e2e/test_demo_page.py", "tests/unit/entrypoints/demo/"),
    "sweeps": ("tests/contracts/test_sweeper_contract.py", "tests/unit/adapters/sweep"),
    "rest": ("tests/unit/adapters/feedback_store/", "tests/unit/entrypoints/rest/"),
}


def group_of(nodeid: str) -> str:
    """The library that a test needs, or else its file."""
    file = nodeid.partition("::")[0]
    return next((name for name, prefixes in TOGETHER.items() if file.startswith(prefixes)), file)


class ByLibrary(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives a process one group of tests after another, those that take longest first."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        heaviest = max(self.workqueue, key=lambda group: weight(group, len(self.workqueue[group])))
        self.workqueue.move_to_end(heaviest, last=False)
        super()._assign_work_unit(node)


def weight(group: str, tests: int) -> tuple[bool, bool, int]:
    """Returns the sort key of groups: those of a heavy library, then whole commands and servers, then the others.

    Each kind is sorted by its number of tests. By that alone, a few long ones would come last, and all processes but
    one would wait for them.
    """
    return group in TOGETHER, group.startswith("tests/e2e/"), tests


def processes(arguments: Sequence[str]) -> int | None:
    """None for as many as there are processors; 0, the process of the call, where only files or tests are named."""
    few = arguments and all("::" in argument or argument.endswith(".py") for argument in arguments)
    return 0 if few else None
