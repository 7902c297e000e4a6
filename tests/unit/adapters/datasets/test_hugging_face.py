"""The hub, when it cannot be reached."""

import os
import subprocess
import sys

import pytest

from adapters.datasets.hugging_face import HuggingFaceDataset
from domain.errors import DatasetUnavailableError, MissingPackageError
from tests.unit.adapters.datasets.written import Bad


def test_says_how_to_install_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error gives the command that installs it."""
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingPackageError, match="comes with the extra hub"):
        HuggingFaceDataset().papers(None, Bad())


@pytest.mark.parametrize("streaming", [False, True])
def test_says_how_to_download_ahead(monkeypatch: pytest.MonkeyPatch, streaming: bool) -> None:
    """Without a network, the error says how to fetch the data set beforehand and what to give then."""
    datasets = pytest.importorskip("datasets")

    def unreachable(*_arguments: object, **_options: object) -> None:
        raise ConnectionError("Couldn't reach the hub\nat all")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    dataset = HuggingFaceDataset("owner/name", streaming=streaming)
    with pytest.raises(
        DatasetUnavailableError, match=r"owner/name .*\(Couldn't reach the hub\).*hf download owner/name"
    ):
        dataset.papers(None, Bad())


def test_attempts_are_not_told_one_by_one() -> None:
    """The messages of the hub's client about each attempt are hidden. One error has the outcome."""
    pytest.importorskip("datasets")
    script = (
        "import logging, sys\n"
        "from adapters.datasets.hugging_face import HuggingFaceDataset\n"
        "from domain.errors import DatasetUnavailableError\n"
        "try:\n"
        "    HuggingFaceDataset('nosuch/name').own_splits\n"
        "except DatasetUnavailableError:\n"
        "    logging.getLogger('huggingface_hub.utils._http').warning('Retrying')\n"
        "    sys.exit(7)\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (7, b"")
