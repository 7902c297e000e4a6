"""Writes what an image holds as CycloneDX 1.6: `python3 sbom.py NAME FILE`; needs the standard library and dpkg.

Lists the packages of Debian and those in /opt/arxiv-classifier, each with its version, licence where the package says
it, and package URL.
"""

import json
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import quote

_PYTHON = "/opt/arxiv-classifier/lib/python3*/site-packages"
_FORMAT = "${binary:Package}\t${Version}\t${Architecture}\n"


def main() -> None:
    """Writes the file."""
    name, file = sys.argv[1], Path(sys.argv[2])
    (packages,) = Path("/").glob(_PYTHON.lstrip("/"))
    components = [*debian_packages(), *python_packages(packages)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document(name, components), indent=1) + "\n", "utf-8")


def document(name: str, components: list[dict[str, object]]) -> dict[str, object]:
    """The document of an image, without a time or a serial number, so that equal images have equal documents."""
    image = {"type": "container", "name": f"arxiv-classifier-{name}", "bom-ref": "image"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": image},
        "components": sorted(components, key=lambda each: str(each["purl"])),
    }


def debian_packages() -> list[dict[str, object]]:
    """The components that dpkg knows."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", _FORMAT], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in listed.splitlines()]
    return [
        _component(
            name.partition(":")[0], version, f"pkg:deb/debian/{quote(name.partition(':')[0])}", f"?arch={machine}"
        )
        for name, version, machine in rows
    ]


def python_packages(folder: Path) -> list[dict[str, object]]:
    """The components in a folder of Python packages."""
    return [_python_package(each) for each in distributions(path=[str(folder)])]


def _python_package(package: Distribution) -> dict[str, object]:
    name = package.metadata["Name"].lower().replace("_", "-")
    component = _component(name, package.version, f"pkg:pypi/{quote(name)}", "")
    if "License-Expression" not in package.metadata:
        return component
    return {**component, "licenses": [{"expression": package.metadata["License-Expression"]}]}


def _component(name: str, version: str, address: str, qualifiers: str) -> dict[str, object]:
    purl = f"{address}@{quote(version)}{qualifiers}"
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


if __name__ == "__main__":
    main()
