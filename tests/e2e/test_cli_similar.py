"""`arxiv-classifier index` and `similar`."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entrypoints.registry import EMBEDDERS
from tests.e2e.done import Run
from tests.examples import json_lines, small_papers


@pytest.fixture(autouse=True)
def _fakes_embed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EMBEDDERS, "fake", "tests.fakes.embedder:load_fake")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty labelled papers in a file."""
    path = tmp_path / "papers.jsonl"
    path.write_text(json_lines(small_papers(40)))
    return path


def test_what_was_indexed_is_found(run: Run, source: Path) -> None:
    """Papers are indexed into a folder, and those most similar to a text are printed, the most similar first."""
    made = run("index", source, "--output", "index", "--model", "fake")
    assert (made.returncode, b"40 papers are indexed in index" in made.stderr) == (0, True)
    found = run("similar", "--text", "image pixel camera segmentation detection", "--index", "index", "--json")
    rows = json.loads(found.stdout)
    assert len(rows) == 10
    assert "cs.CV" in rows[0]["categories"]
    assert [row["similarity"] for row in rows] == sorted((row["similarity"] for row in rows), reverse=True)


def test_an_address_of_ray_goes_with_its_engine(run: Run, source: Path) -> None:
    """Without the engine it is a mistake, and nothing is written."""
    done = run("index", source, "--output", "index", "--model", "fake", "--ray-address", "auto")
    assert (done.returncode, b"--ray-address goes with --engine ray." in done.stderr) == (2, True)
    assert not Path("index").exists()


def test_a_table_for_a_person(run: Run, source: Path) -> None:
    """Without --json there is a table with id, categories and title."""
    run("index", source, "--output", "index", "--model", "fake", "--limit-samples", "7")
    found = run("similar", "--text", "image pixel", "--index", "index", "--top-k", "3")
    lines = found.stdout.decode().splitlines()
    assert lines[0].split() == ["similarity", "id", "categories", "title"]
    assert len(lines) == 4


def test_a_bad_record_is_left_out_and_told(run: Run, source: Path) -> None:
    """A line that cannot be read is named. With --strict it ends the command, and no index is left."""
    source.write_text(source.read_text() + '{"id": "x"}\n')
    made = run("index", source, "--output", "index", "--model", "fake")
    assert made.returncode == 0 and b"papers.jsonl:41" in made.stderr
    strict = run("index", source, "--output", "other", "--model", "fake", "--strict")
    assert strict.returncode == 2 and not Path("other").exists()


def test_a_source_without_a_readable_paper_has_its_errors_counted(run: Run) -> None:
    """Three of a hundred equal errors are named, and the others counted before the command fails."""
    Path("bad.jsonl").write_text('{"id": "x", "abstract": "", "categories": ["cs.CV"]}\n' * 100)
    done = run("index", "bad.jsonl", "--output", "index", "--model", "fake")
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, len(lines)) == (2, 6)
    assert lines[3].startswith("... and 97 more of this kind: ") and lines[4].startswith("100 bad records left out.")


def test_where_there_is_no_index(run: Run) -> None:
    """Searching before indexing names the command that indexes."""
    done = run("similar", "--text", "image", "--index", "nowhere")
    assert (
        done.returncode == 3 and b"There is no index in nowhere. Make one with `arxiv-classifier index`." in done.stderr
    )


def test_a_kind_without_vectors_is_refused(run: Run, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that gives no vectors is named with the kinds that do."""
    monkeypatch.delitem(EMBEDDERS, "fake")
    done = run("index", source, "--output", "index", "--model", "fake")
    assert done.returncode == 2 and b"kind fake gives no vectors. Kinds that do: minilm" in done.stderr


def test_the_sample_is_drawn_by_the_seed(run: Run, source: Path) -> None:
    """The same seed draws the same papers, another seed others."""
    found = []
    for seed in (1, 1, 2):
        run("index", source, "--output", "index", "--model", "fake", "--limit-samples", "5", "--seed", seed)
        rows = json.loads(run("similar", "--text", "image", "--index", "index", "--json").stdout)
        found.append({row["id"] for row in rows})
    assert found[0] == found[1] != found[2]
    assert len(found[0]) == 5


def test_by_default_the_index_lies_beside_the_models(
    run: Run, store: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --output and --index, the index is ARTIFACTS/index, which is not listed as a model."""
    shutil.copytree(store, tmp_path / "models")
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "models"))
    assert run("index", source, "--model", "fake").returncode == 0
    assert (tmp_path / "models" / "index" / "index.json").is_file()
    assert run("similar", "--text", "image pixel", "--title", "On images").returncode == 0
    assert "index" not in {each["model"].split("/")[0] for each in json.loads(run("models", "list", "--json").stdout)}


def test_an_index_of_another_encoder_is_refused(run: Run, source: Path) -> None:
    """An index of another encoder is refused with exit code 3 and a sentence with the remedy."""
    run("index", source, "--output", "index", "--model", "fake")
    manifest = json.loads(Path("index/index.json").read_text())
    manifest["encoder"]["fingerprint"] = "0" * 64
    Path("index/index.json").write_text(json.dumps(manifest))
    done = run("similar", "--text", "image", "--index", "index")
    assert done.returncode == 3
    assert "index the papers again" in done.sentence


def test_a_folder_with_other_things_is_refused(run: Run, source: Path, tmp_path: Path) -> None:
    """A folder with other files is refused and stays as it is."""
    done = run("index", source, "--output", tmp_path, "--model", "fake")
    assert done.returncode == 2
    assert "papers.jsonl" in done.sentence
    assert source.is_file()


@pytest.mark.parametrize(("read", "written"), [("papers.jsonl", "./papers.jsonl"), (".", ".")])
def test_the_papers_are_not_replaced_by_their_index(run: Run, source: Path, read: str, written: str) -> None:
    """An output that is the source is refused before anything is read."""
    before = source.read_bytes()
    done = run("index", read, "--output", written, "--model", "fake")
    assert done.returncode == 2
    assert done.sentence
    assert [path.name for path in source.parent.iterdir()] == ["papers.jsonl"]
    assert source.read_bytes() == before


def test_more_papers_than_fit_without_usearch(run: Run, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the library for many papers is missing, the sentence names it, and no index is left."""
    monkeypatch.setattr("adapters.paper_index.folder.EXACT_UP_TO", 10)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    done = run("index", source, "--output", "index", "--model", "fake")
    assert done.returncode == 2
    assert "Run `uv sync --inexact --extra similar` in " in done.sentence
    assert [path.name for path in Path().iterdir()] == ["papers.jsonl"]


@pytest.mark.parametrize("name", ["papers.jsonl", "papers.csv", "papers.parquet"])
def test_papers_without_categories_are_indexed(run: Run, tmp_path: Path, name: str) -> None:
    """A source needs no categories. A row with categories keeps them, and a row with invalid ones is left out."""
    rows: list[dict[str, str | None]] = [
        {"id": "a", "abstract": "image pixel camera", "categories": None},
        {"id": "b", "abstract": "image pixel", "categories": "cs.CV"},
        {"id": "c", "abstract": "image", "categories": "?!"},
    ]
    plain: list[dict[str, str | None]] = [{"id": row["id"], "abstract": row["abstract"]} for row in rows]
    path = tmp_path / name
    none: dict[str, list[str]] = {"a": [], "b": [], "c": []}
    some: dict[str, list[str]] = {"a": [], "b": ["cs.CV"]}
    for written, expected in ((plain, none), (rows, some)):
        _write(path, written)
        made = run("index", path, "--output", "index", "--model", "fake")
        assert made.returncode == 0, made.stderr.decode()
        assert f"{len(expected)} papers are indexed".encode() in made.stderr
        shown = json.loads(run("similar", "--text", "image", "--index", "index", "--json").stdout)
        assert {row["id"]: row["categories"] for row in shown} == expected


def test_a_source_without_abstracts_is_refused(run: Run, tmp_path: Path) -> None:
    """A source without abstracts cannot be indexed."""
    _write(tmp_path / "papers.csv", [{"id": "a", "text": "image"}])
    done = run("index", tmp_path / "papers.csv", "--output", "index", "--model", "fake")
    assert done.returncode == 2
    assert "Say which one is which: --columns abstract=text" in done.sentence


def _write(path: Path, rows: list[dict[str, str | None]]) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_papers_without_id_and_title(run: Run, tmp_path: Path) -> None:
    """A missing id or title is null in JSON."""
    (tmp_path / "bare.jsonl").write_text('{"abstract": "image pixel", "categories": ["cs.CV"]}\n')
    run("index", "bare.jsonl", "--output", "index", "--model", "fake")
    (row,) = json.loads(run("similar", "--text", "image pixel", "--index", "index", "--json").stdout)
    assert row == {"similarity": pytest.approx(1, abs=1e-5), "id": None, "title": None, "categories": ["cs.CV"]}
