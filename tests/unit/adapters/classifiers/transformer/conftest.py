"""Tiny checkpoints and bundles that several tests of the transformers read and none changes."""

from pathlib import Path

import pytest

from tests.bundles import write_bundle
from tests.checkpoints import write_checkpoint


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a checkpoint of two narrow layers."""
    return write_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture(scope="session")
def bundle(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a served transformer in float32."""
    return write_bundle(tmp_path_factory.mktemp("bundle"), tiny)


@pytest.fixture(scope="session")
def int8_bundle(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same transformer in int8."""
    return write_bundle(tmp_path_factory.mktemp("int8_bundle"), tiny, int8=True)
