"""YAML files that a person wrote, and what is said of those that cannot be read."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints.yaml_files import read_yaml


@pytest.mark.parametrize(
    ("content", "document"),
    [(b"", None), (b"- a\n", ["a"]), (b"a: {b: 1}\nc: {b: 2}", {"a": {"b": 1}, "c": {"b": 2}})],
)
def test_reads_what_is_there(tmp_path: Path, content: bytes, document: object) -> None:
    """Any document, and one key in two mappings."""
    (tmp_path / "f.yaml").write_bytes(content)
    assert read_yaml(tmp_path / "f.yaml", "sweep file") == document


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"method: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"method: grid\nmethod: bayes", "names 'method' twice. Give each its own name."),
        (b"method: grid\nparameters:\n  a: [{b: {min: 1, min: 2}}]", "names 'min' twice"),
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
    """A file that is not there is told with what to do."""
    with pytest.raises(ConfigurationError, match=r"absent.yaml cannot be read: No such file.*Name one with --sweep\.$"):
        read_yaml(tmp_path / "absent.yaml", "sweep file", remedy="Name one with --sweep.")
