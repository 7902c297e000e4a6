"""The unit of systemd: as closed as systemd says it is, and about commands that there are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from entrypoints.cli.main import COMMANDS

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "arxiv-classifier.service"
MOST = 2.0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze: apt-get install systemd")
def test_is_sandboxed() -> None:
    """systemd rates the unit's exposure at most 2.0 of 10."""
    command = ["systemd-analyze", "security", "--offline=true", str(UNIT)]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found and float(found[1]) <= MOST, said


def test_starts_commands_of_the_program() -> None:
    """Each command that the unit starts is one of arxiv-classifier."""
    started = re.findall(
        r"^Exec\w+=/opt/arxiv-classifier/bin/arxiv-classifier (\w+)", UNIT.read_text("utf-8"), re.MULTILINE
    )
    assert "serve" in started and set(started) <= set(COMMANDS)


def test_the_guide_takes_a_python_that_the_user_can_read() -> None:
    """The unit hides home folders, where uv keeps the Pythons that it downloads, so the guide takes the system's."""
    guide = (UNIT.parents[2] / "docs" / "deployment.md").read_text("utf-8")
    assert "ProtectHome=yes" in UNIT.read_text("utf-8")
    assert re.findall(r"^uv venv (.*)$", guide, re.MULTILINE) == ["--no-managed-python /opt/arxiv-classifier"]


def test_names_no_file_that_is_not_there() -> None:
    """The unit points to documentation that its reader has."""
    assert "file:///opt" not in UNIT.read_text("utf-8")
