"""The files of options that come with each kind of model."""

import json
from pathlib import Path

import pytest

from entrypoints.cli.sweep_plan import planned
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


@pytest.mark.parametrize("kind", sorted(path.stem for path in (configs() / "sweeps").glob("*.yaml")))
def test_a_sweep_file_fits_its_kind(kind: str, tmp_path: Path) -> None:
    """Every parameter is an option that takes all its values, and the kind's own configuration is one of the trials."""
    (tmp_path / "papers.jsonl").write_text('{"id": "1", "abstract": "We study.", "categories": ["cs.LG"]}\n')
    settings = load_settings({"kind": kind, "dataset": str(tmp_path / "papers.jsonl")})
    plan = planned(container_of(settings), settings, file=None, name=None, pruner=None, count=None)
    assert plan.definition.name == kind
    assert plan.definition.metric.name == "validation_score"
    outside = {name for name, each in plan.definition.parameters.items() if not each.holds(plan.start[name])}
    assert outside == set()
