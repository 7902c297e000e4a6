"""ensemble.json: written, read back, and refused where it is damaged."""

import json
from pathlib import Path

import pytest

from adapters.classifiers.ensemble.members import FILE, read_members, write_members
from domain.ensemble import EnsembleMember
from domain.errors import CorruptModelError

MEMBERS = (EnsembleMember("baseline/1", "ab" * 32, 0.4), EnsembleMember("minilm/2", "cd" * 32, 0.6))


def test_members_come_back_as_written(tmp_path: Path) -> None:
    """Names, digests and weights survive, in their order."""
    write_members(tmp_path, MEMBERS)
    assert read_members(tmp_path) == MEMBERS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Expecting property name"),
        ("{}", "it lacks 'members'"),
        ("[]", "it is a list, not an object"),
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"members": {"a": 1}}', "it names no member"),
        ('{"members": [[]]}', "a member is a list"),
        ('{"members": [{"model": 1, "manifest_sha256": "x", "weight": 1}]}', "1 with the SHA-256 'x' is not a member"),
        (f'{{"members": [{{"model": "a/1", "manifest_sha256": "x", "weight": 1{"0" * 400}}}]}}', "too large"),
        (
            '{"members": [' + ", ".join(['{"model": "a/1", "manifest_sha256": "x", "weight": 1}'] * 2) + "]}",
            "a member twice",
        ),
        ('{"members": []}', "it names no member"),
        ('{"members": [{"model": "a/1", "weight": 1}]}', "it lacks 'manifest_sha256'"),
        ('{"members": [{"model": "a/1", "manifest_sha256": "x", "weight": "1"}]}', "'1' is not a weight"),
        ('{"members": [{"model": "a/1", "manifest_sha256": "x", "weight": 0}]}', "the weight of a/1 is 0.0"),
        (
            '{"members": [{"model": "a/1", "manifest_sha256": "x", "weight": NaN}]}',
            "'NaN' is not a number that JSON allows",
        ),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path: Path, content: str, reason: str) -> None:
    """A file that is no list of members is a CorruptModelError that names the file and the fault."""
    (tmp_path / FILE).write_text(content)
    with pytest.raises(CorruptModelError) as raised:
        read_members(tmp_path)
    assert reason in str(raised.value)
    assert str(tmp_path / FILE) in str(raised.value)


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    """A bundle without its members is a CorruptModelError."""
    with pytest.raises(CorruptModelError, match=r"ensemble\.json"):
        read_members(tmp_path)


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    """Other programs find model, manifest_sha256 and weight of each member."""
    write_members(tmp_path, MEMBERS)
    first, _ = json.loads((tmp_path / FILE).read_text())["members"]
    assert first == {"model": "baseline/1", "manifest_sha256": "ab" * 32, "weight": 0.4}
