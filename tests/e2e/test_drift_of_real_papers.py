"""Drift of real papers, by the shipped model."""

import json
from itertools import islice
from pathlib import Path

import pytest

from domain.labelled_abstract import LabelledAbstract
from entrypoints.cli.main import main
from entrypoints.container import container_of
from entrypoints.settings import Settings
from tests.examples import json_lines
from tests.real_papers import NATURAL, needs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), needs(NATURAL, "validation", "test")]


def papers(split: str, count: int) -> list[LabelledAbstract]:
    """The first papers of a natural sample."""
    dataset = container_of(Settings(dataset=str(NATURAL / f"{split}.parquet"))).dataset()
    return list(islice(dataset.papers(None, lambda record: None), count))


def verdict(folder: Path, current: list[LabelledAbstract], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Returns the exit code and the verdict on papers compared with 2,500 of validation."""
    for name, part in (("reference", papers("validation", 2500)), ("current", current)):
        (folder / f"{name}.jsonl").write_text(json_lines(part))
    sources = ["--reference", str(folder / "reference.jsonl"), "--current", str(folder / "current.jsonl")]
    code = main(["drift", *sources, "--model", "baseline", "--json"])
    return code, json.loads(capsys.readouterr().out)["verdict"]


def test_another_sample_of_the_same_papers_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Test papers do not differ from validation papers."""
    assert verdict(tmp_path, papers("test", 2500), capsys) == (0, "none")


def test_other_shares_of_fields_are_called_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a fifth of the papers of computer science, only the mixture differs."""
    kept = [
        paper
        for row, paper in enumerate(papers("test", 2500))
        if not str(paper.primary).startswith("cs.") or row % 5 == 0
    ]
    assert verdict(tmp_path, kept, capsys) == (1, "labels")
