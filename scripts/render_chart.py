"""Renders the Helm chart into the manifests that `kubectl apply -f` takes: `python -m scripts.render_chart`.

Writes deploy/kubernetes/rendered/dev.yaml and prod.yaml with Helm's own engine from the values files, and lints
the chart. `--check` writes nothing and exits 1 if a file would change. Needs the package helm-python-sdk (250 MB):
`uv run --with helm-python-sdk==0.2.2 python -m scripts.render_chart`.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"
CHART = FOLDER / "arxiv-classifier"
ENVIRONMENTS = ("dev", "prod")
_WARNING = 2
_HEADER = "# Made by `python -m scripts.render_chart` from the chart and values-{name}.yaml; do not edit.\n"


def values_of(name: str) -> dict[str, Any]:
    """The values file of an environment."""
    values: dict[str, Any] = yaml.safe_load((CHART / f"values-{name}.yaml").read_text("utf-8"))
    return values


def rendered(name: str) -> str:
    """The manifests of an environment as one YAML file; release and namespace are both arxiv-classifier."""
    from helm_python import Chart

    with Chart.load(str(CHART)) as chart:
        files: Mapping[str, str] = chart.render(values_of(name), name="arxiv-classifier", namespace="arxiv-classifier")
    manifests = [text.strip() for path, text in sorted(files.items()) if path.endswith(".yaml") and text.strip()]
    separated = "".join(f"---\n{text.removeprefix('---').strip()}\n" for text in manifests)
    return _HEADER.format(name=name) + separated


def faults() -> list[str]:
    """The warnings and errors of Helm's linter, with each values file."""
    from helm_python import lint

    said = [(name, fault) for name in ENVIRONMENTS for fault in lint(str(CHART), values=values_of(name))["messages"]]
    return [f"{name}: {fault['path']}: {fault['error']}" for name, fault in said if fault["severity"] >= _WARNING]


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the files; 1 where a checked one differs, or the linter finds a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    check = parser.parse_args(arguments).check
    found = faults()
    print("\n".join(found) or "Helm's linter finds nothing.")
    differing = [name for name in ENVIRONMENTS if not _done(name, check=check)]
    for name in differing:
        print(f"deploy/kubernetes/rendered/{name}.yaml is out of date: python -m scripts.render_chart", file=sys.stderr)
    return 1 if differing or found else 0


def _done(name: str, *, check: bool) -> bool:
    file = FOLDER / "rendered" / f"{name}.yaml"
    text = rendered(name)
    if check:
        return file.is_file() and file.read_text("utf-8") == text
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
