"""The manifest of a Ray cluster for KubeRay."""

import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CLUSTER = yaml.safe_load((ROOT / "deploy" / "ray" / "cluster.yaml").read_text("utf-8"))["spec"]
GROUPS = [CLUSTER["headGroupSpec"], *CLUSTER["workerGroupSpecs"]]


def test_all_nodes_have_one_image_and_one_volume() -> None:
    """Nodes with different programs or files would be refused by the command."""
    containers = [group["template"]["spec"]["containers"][0] for group in GROUPS]
    assert {container["image"] for container in containers} == {"IMAGE"}
    assert len({str(container["volumeMounts"]) for container in containers}) == 1
    assert len({str(group["template"]["spec"]["volumes"]) for group in GROUPS}) == 1


def test_the_version_of_ray_is_one_that_the_extra_takes() -> None:
    """A cluster of another version refuses the command's connection."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (requirement,) = map(Requirement, project["optional-dependencies"]["ray"])
    assert CLUSTER["rayVersion"] in requirement.specifier


def test_a_worker_has_a_gigabyte_for_each_core_and_the_head_has_none() -> None:
    """docs/bulk.md names that memory. The head would be slow if it predicted."""
    assert GROUPS[0]["rayStartParams"]["num-cpus"] == "0"
    for group in GROUPS[1:]:
        limits = group["template"]["spec"]["containers"][0]["resources"]["limits"]
        assert limits["memory"] == f"{limits['cpu']}Gi"
