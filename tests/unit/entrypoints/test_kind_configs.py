"""The files of options that come with each kind of model."""

import json
from pathlib import Path

import pytest

from adapters.classifiers.transformer.options import FROZEN_DEFAULTS
from entrypoints.cli.sweeps.plan import planned
from entrypoints.container import container_of
from entrypoints.effective_configuration import effective_config
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
    container = container_of(settings)
    plan = planned(container, settings, container.dataset(), file=None, name=None, pruner=None, count=None)
    assert plan.definition.name == kind
    assert plan.definition.metric.name == "validation_score"
    outside = {name for name, each in plan.definition.parameters.items() if not each.holds(plan.start[name])}
    assert outside == set()


@pytest.mark.parametrize("kind", ["minilm", "scibert", "specter"])
def test_a_kinds_file_leaves_a_frozen_encoder_its_defaults(kind: str, tmp_path: Path) -> None:
    """With freeze_encoder the head's own defaults hold, unless a value of the user's own does."""
    (tmp_path / "mine.yaml").write_text("model: {freeze_encoder: true, epochs: 3}\n")
    settings = load_settings({"kind": kind}, config=tmp_path / "mine.yaml")
    model = effective_config(settings, container_of(settings).family(kind))["model"]
    assert isinstance(model, dict)
    assert {name: model[name] for name in FROZEN_DEFAULTS} == {**FROZEN_DEFAULTS, "epochs": 3}


def test_a_sweep_of_whether_the_encoder_is_frozen_knows_the_most_epochs(tmp_path: Path) -> None:
    """Of what is swept and what follows from it, the most epochs that a trial may take."""
    (tmp_path / "papers.jsonl").write_text('{"id": "1", "abstract": "We study.", "categories": ["cs.LG"]}\n')
    settings = load_settings({"kind": "minilm", "dataset": str(tmp_path / "papers.jsonl")})
    container = container_of(settings)

    def most_epochs(parameters: str) -> int | None:
        path = tmp_path / "sweep.yaml"
        path.write_text(f"{{method: random, metric: {{name: validation_score, goal: maximize}}, {parameters}}}")
        return planned(container, settings, container.dataset(), file=path, name=None, pruner=None, count=3).most_epochs

    assert most_epochs("parameters: {dropout: {min: 0.1, max: 0.5}}") == 3
    assert most_epochs("parameters: {freeze_encoder: {values: [true, false]}}") == 20
    assert most_epochs("parameters: {freeze_encoder: {values: [true, false]}, epochs: {values: [4, 6]}}") == 6
