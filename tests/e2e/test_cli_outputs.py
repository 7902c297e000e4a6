"""Files that no command overwrites: files of models, and the papers that it reads."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.done import Run
from tests.examples import json_lines, small_papers


@pytest.fixture
def model(store: Path, tmp_path: Path) -> Path:
    """A copy of the stored model."""
    copy = tmp_path / "copy"
    shutil.copytree(next((store / "fake").iterdir()), copy)
    return copy


@pytest.mark.parametrize("name", ["weights.json", "manifest.json"])
@pytest.mark.parametrize("command", [("predict", "--text", "image", "--format", "jsonl"), ("models", "export", "fake")])
def test_a_file_of_a_model_is_not_replaced(run: Run, model: Path, command: tuple[str, ...], name: str) -> None:
    """An output that a model's manifest lists is refused, and the model stays whole."""
    done = run(*command, "--output", model / name)
    assert done.returncode == 2
    assert f"{name} is a file of the model in {model}. Name another file." in done.sentence
    assert run("models", "verify", model).returncode == 0


def test_other_files_in_the_folder_of_a_model_are_written(run: Run, model: Path) -> None:
    """A file that no model's manifest lists is replaced, also beside a manifest of another kind of folder."""
    for folder in (model, Path("site")):
        folder.mkdir(exist_ok=True)
        (folder / "out.jsonl").write_text("earlier")
    Path("site/manifest.json").write_text(json.dumps({"name": "a web page"}))
    for output in (model / "out.jsonl", Path("site/out.jsonl"), Path("site/manifest.json")):
        assert run("predict", "--text", "image", "--format", "jsonl", "--output", output).returncode == 0
        assert b"predictions" in output.read_bytes()


def test_the_papers_are_not_replaced_by_their_evaluation(run: Run) -> None:
    """If the source is a file that the report would replace, no report is written and the papers are kept."""
    Path("report").mkdir()
    source = Path("report/evaluation.json")
    source.write_text(json_lines(small_papers(20)))
    before = source.read_bytes()
    done = run("evaluate", "--models", "fake", "--dataset", "report/evaluation.json", "--split", "all", "-o", "report")
    assert done.returncode == 2
    assert "report/evaluation.json would be read and overwritten." in done.stderr.decode()
    assert "Measuring" not in done.stderr.decode()  # it is refused before anything is read
    assert source.read_bytes() == before
    assert [path.name for path in Path("report").iterdir()] == ["evaluation.json"]
