"""Renders the Helm chart into the manifests that `kubectl apply -f` takes: `python -m scripts.render_chart`.

Writes deploy/kubernetes/rendered/dev.yaml and prod.yaml with Helm's own engine from the values files, lints the chart,
and looks for values without an effect. `--check` writes nothing and exits 1 if a file would change. `--values FILE`
prints the manifests of another values file. Needs the package helm-python-sdk (250 MB):
`uv run --with helm-python-sdk==0.2.2 python -m scripts.render_chart`.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"
CHART = FOLDER / "arxiv-classifier"
ENVIRONMENTS = ("dev", "prod")
_WARNING = 2
_HEADER = "# Made by `python -m scripts.render_chart` from the chart and values-{name}.yaml; do not edit.\n"


Values = dict[str, Any]


def values_of(name: str) -> Values:
    """The values file of an environment."""
    return read(CHART / f"values-{name}.yaml")


def read(file: Path) -> Values:
    """The values in a file."""
    values: Values = yaml.safe_load(file.read_text("utf-8"))
    return values


def rendered(values: Values) -> str:
    """The manifests of some values as one YAML document each; release and namespace are both arxiv-classifier."""
    from helm_python import Chart

    with Chart.load(str(CHART)) as chart:
        files: Mapping[str, str] = chart.render(values, name="arxiv-classifier", namespace="arxiv-classifier")
    manifests = [text.strip() for path, text in sorted(files.items()) if path.endswith(".yaml") and text.strip()]
    return "".join(f"---\n{text.removeprefix('---').strip()}\n" for text in manifests)


def without_effect() -> list[str]:
    """A sentence for each value that changes no manifest of production, with autoscaling and without."""
    enabled = merged(read(CHART / "values.yaml"), values_of("prod"))
    bases = [enabled, merged(enabled, {"autoscaling": {"enabled": False}})]
    before = [rendered(base) for base in bases]
    changed = ((name, [rendered(merged(base, change)) for base in bases]) for name, change in changes(enabled))
    return [f"values.yaml: {name} has no effect" for name, after in changed if after == before]


def changes(values: Values, *above: str) -> Iterator[tuple[str, Values]]:
    """Each value's name with the values that change it alone."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from changes(value, *above, name)
            continue
        changed: Values = {name: _other(value)}
        for step in reversed(above):
            changed = {step: changed}
        yield ".".join((*above, name)), changed


def _other(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [*value, "another"]
        case dict():
            return {"another": "value"}
        case _:
            return f"{value}another"


def merged(values: Values, over: Values) -> Values:
    """Values with others over them, as Helm merges files."""
    both = {name: merged(values[name], over[name]) for name in over if _is_tree(name, values, over)}
    return {**values, **over, **both}


def _is_tree(name: str, *values: Values) -> bool:
    return all(isinstance(each.get(name), dict) for each in values)


def faults() -> list[str]:
    """The warnings and errors of Helm's linter, with each values file."""
    from helm_python import lint

    said = [(name, fault) for name in ENVIRONMENTS for fault in lint(str(CHART), values=values_of(name))["messages"]]
    return [f"{name}: {fault['path']}: {fault['error']}" for name, fault in said if fault["severity"] >= _WARNING]


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the files; 1 where a checked one differs, or the linter finds a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    parser.add_argument("--values", type=Path, help="print the manifests of this values file")
    given = parser.parse_args(arguments)
    if given.values is not None:
        print(rendered(read(given.values)), end="")
        return 0
    check = given.check
    found = [*faults(), *without_effect()]
    print("\n".join(found) or "Helm's linter finds nothing, and each value has an effect.")
    differing = [name for name in ENVIRONMENTS if not _done(name, check=check)]
    for name in differing:
        print(f"deploy/kubernetes/rendered/{name}.yaml is out of date: python -m scripts.render_chart", file=sys.stderr)
    return 1 if differing or found else 0


def _done(name: str, *, check: bool) -> bool:
    file = FOLDER / "rendered" / f"{name}.yaml"
    text = _HEADER.format(name=name) + rendered(values_of(name))
    if check:
        return file.is_file() and file.read_text("utf-8") == text
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
