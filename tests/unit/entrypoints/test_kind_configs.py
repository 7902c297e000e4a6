"""The files of options that come with each kind of model."""

import json

import pytest

from entrypoints.container import container_of
from entrypoints.registry import CLASSIFIERS
from entrypoints.resources import configs
from entrypoints.settings import load_settings, read_file


@pytest.mark.parametrize("kind", sorted(CLASSIFIERS))
def test_a_kinds_file_restates_its_defaults(kind: str) -> None:
    """configs/<kind>.yaml says nothing but defaults."""
    model = read_file(configs() / f"{kind}.yaml")["model"]
    assert isinstance(model, dict)
    defaults = json.loads(json.dumps(container_of(load_settings({})).family(kind).effective_options({})))
    assert model == {name: defaults[name] for name in model}
