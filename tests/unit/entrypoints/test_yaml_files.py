"""YAML files that a person wrote, and what is said of those that cannot be read."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints.yaml_files import read_yaml


@pytest.mark.parametrize(
    ("content", "document"),
    [
        (b"", None),
        (b"- a\n", ["a"]),
        (b"a: {b: 1}\nc: {b: 2}", {"a": {"b": 1}, "c": {"b": 2}}),
        (b"a: &a {b: 1}\nc: {<<: *a, b: 2}", {"a": {"b": 1}, "c": {"b": 2}}),
        (b"a:\n  p: &p {<<: {x: 1}, x: 2}\nc: {<<: *p}", {"a": {"p": {"x": 2}}, "c": {"x": 2}}),
        (b"1: a\n'1': b", {1: "a", "1": "b"}),
    ],
)
def test_reads_what_is_there(tmp_path: Path, content: bytes, document: object) -> None:
    """Any document, one key in two mappings, and one that is merged in and overridden."""
    (tmp_path / "f.yaml").write_bytes(content)
    assert read_yaml(tmp_path / "f.yaml", "sweep file") == document


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"method: [", "is not YAML"),
        (b"[project]\nname = 1", "is not YAML: did not find expected <document start> at line 2, column 1."),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"method: grid\nmethod: bayes", "names 'method' twice. Give each its own name."),
        (b"method: grid\nparameters:\n  a: [{b: {min: 1, min: 2}}]", "names 'min' twice"),
        (b"yes: 1\ntrue: 2", "names True twice"),
        (b"date: 2026-02-30", "is not YAML: day is out of range for month."),
        (b"count: !!int many", "is not YAML"),
        (b"map: !!map many", "is not YAML"),
        (b"date: !!timestamp today", "is not YAML"),
        (b"number: " + b"9" * 5_000, "is not YAML"),
        (b"[" * 3_000, "is not YAML"),
        (b"&a [*a]: 1", "is not YAML"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, wanted: str) -> None:
    """The sentence says what the file is, where it is and what is wrong with it."""
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        read_yaml(path, "sweep file")
    assert str(raised.value).startswith(f"The sweep file {path} {wanted}")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error of a missing file names it and the remedy."""
    with pytest.raises(ConfigurationError, match=r"absent.yaml cannot be read: No such file.*Name one with --sweep\.$"):
        read_yaml(tmp_path / "absent.yaml", "sweep file", remedy="Name one with --sweep.")
