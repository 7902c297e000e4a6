"""Models as a Python program uses them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arxiv_classifier
from arxiv_classifier import InvalidInputError, Model, ModelNotFoundError, PredictionWarning
from tests.lazily import lazily

pandas = lazily("pandas")
IMAGES = "We propose a convolutional network for image segmentation of medical scans."
STRINGS = "We compute the entropy of extremal black holes in type IIB string theory with D-branes."
ROWS = [{"id": "2101.00001", "title": "Scans", "abstract": IMAGES}, {"id": "2101.00002", "abstract": STRINGS}]


@pytest.fixture(scope="module")
def model() -> Model:
    """The shipped model."""
    return arxiv_classifier.load("baseline")


def test_one_text_gives_one_prediction(model: Model) -> None:
    """A text has its categories, the probability of every category, and the most probable ones."""
    found = model.predict(IMAGES)
    assert found.categories[0] == "cs.CV"
    assert list(found.probabilities) == [label for label, _ in found.top(50)]
    assert set(found.probabilities) == set(model.classes_)
    assert found.top(2)[0] == ("cs.CV", found.probabilities["cs.CV"])
    assert found.top(1)[0][1] == max(found.probabilities.values())
    assert found.warnings == ()
    assert repr(found).startswith("Prediction({cs.CV: 0.")


def test_the_command_line_gives_the_same(model: Model) -> None:
    """A text has the categories and probabilities that the command prints."""
    command = [sys.executable, "-m", "entrypoints", "predict", "--text", IMAGES, "--title", "Scans", "--top-k", "4"]
    done = subprocess.run([*command, "--format", "jsonl"], capture_output=True, text=True, check=True)
    said = [(each["label"], each["probability"]) for each in json.loads(done.stdout)["predictions"]]
    found = model.predict(IMAGES, title="Scans", top_k=4)
    assert [(label, round(found.probabilities[label], 4)) for label in found.categories] == said


def test_a_prediction_explains_itself(model: Model) -> None:
    """Given or named categories are explained, by the given number of words."""
    found = model.predict(IMAGES)
    assert tuple(found.explain()) == found.categories
    why = found.explain("cs.CV", "hep-th", terms=3)
    assert list(why) == ["cs.CV", "hep-th"]
    assert [len(each.terms) for each in why.values()] == [3, 3]
    with pytest.raises(InvalidInputError, match=r"cs\.XX"):
        found.explain("cs.XX")


def test_threshold_and_top_k_choose_categories(model: Model) -> None:
    """They mean what they mean on the command line, and are refused alike."""
    assert len(model.predict(IMAGES, top_k=3).categories) == 3
    assert len(model.predict(IMAGES, threshold=0.0).categories) == 50
    assert model.predict(IMAGES, threshold=0.99999).categories == ()
    for wrong in ({"threshold": 1.5}, {"top_k": -1}, {"top_k": True}):
        with pytest.raises(InvalidInputError, match=r"(threshold|top_k) is a"):
            model.predict(IMAGES, **wrong)


def test_many_texts_give_a_sequence(model: Model) -> None:
    """Predictions come in the order of the texts, each as if it were alone."""
    found = model.predict([IMAGES, STRINGS, "2301.01234"], titles=["Scans", None, None])
    assert len(found) == 3
    assert [each.categories for each in found] == found.categories
    assert found[0].probabilities == pytest.approx(model.predict(IMAGES, title="Scans").probabilities, abs=1e-5)
    assert found[-1].warnings == found.warnings[2] == (PredictionWarning.NO_KNOWN_WORD, PredictionWarning.FEW_WORDS)
    assert [each.top(1)[0][0] for each in found[:2]] == ["cs.CV", "hep-th"]
    assert found.ids == [None] * 3
    with pytest.raises(IndexError):
        found[3]


def test_a_matrix_of_probabilities(model: Model) -> None:
    """`predict_proba` has a row per paper and a column per category, named beside it."""
    matrix = model.predict_proba([IMAGES, STRINGS])
    assert matrix.shape == (2, 50)
    assert matrix.dtype == np.dtype(np.float32)
    assert model.classes_[matrix.argmax(axis=1)].tolist() == ["cs.CV", "hep-th"]
    np.testing.assert_allclose(matrix[:1], model.predict_proba(IMAGES), atol=1e-5)
    assert model.predict_proba([]).shape == (0, 50)


@pytest.mark.parametrize("form", ["dictionaries", "arrow", "arrow batch", "pandas"])
def test_tables_keep_their_ids(model: Model, form: str) -> None:
    """Dictionaries and tables are read as files are, with ids and titles."""
    made: dict[str, Callable[[], object]] = {
        "dictionaries": lambda: ROWS,
        "arrow": lambda: pa.Table.from_pylist(ROWS),
        "arrow batch": lambda: pa.RecordBatch.from_pylist(ROWS),
        "pandas": lambda: pandas.DataFrame(ROWS),
    }
    found = model.predict(made[form]())
    assert found.ids == ["2101.00001", "2101.00002"]
    assert found.categories == [
        model.predict(IMAGES, title="Scans", date="2021-01").categories,
        model.predict(STRINGS, date="2021-01").categories,
    ]


def test_columns_have_the_names_of_the_source(model: Model) -> None:
    """A column of another name is named. A table without an abstract is refused as a file is."""
    rows = [{"key": "a", "Summary": IMAGES}]
    assert model.predict(rows, columns={"abstract": "Summary", "id": "key"}).ids == ["a"]
    with pytest.raises(InvalidInputError, match="--columns abstract=text"):
        model.predict(pa.Table.from_pylist([{"text": IMAGES}]))


def test_predictions_become_a_table(model: Model) -> None:
    """The table has a row per paper, with its id, categories, their probabilities and warnings."""
    found = model.predict([*ROWS, {"id": "x", "abstract": "2301.01234"}])
    rows = found.to_arrow().to_pylist()
    assert [row["id"] for row in rows] == ["2101.00001", "2101.00002", "x"]
    assert [tuple(row["categories"]) for row in rows] == found.categories
    assert rows[0]["probabilities"][0] == found[0].top(1)[0][1]
    assert [row["warnings"] for row in rows] == [[], [], ["no_known_word", "few_words"]]


def test_a_data_frame_keeps_its_index(model: Model) -> None:
    """Predictions of a data frame can be joined to it. Its other columns may hold anything."""
    frame = pandas.DataFrame({"Abstract": [IMAGES, STRINGS], "other": [object(), 1]}, index=[7, 9])
    table = model.predict(frame).to_pandas()
    assert list(table.index) == [7, 9]
    assert list(table["categories"]) == [["cs.CV"], ["hep-th"]] or table["categories"][7][0] == "cs.CV"
    assert list(model.predict([IMAGES]).to_pandas().index) == [0]


@pytest.mark.parametrize(
    ("papers", "said"),
    [
        (" ", r"^The abstract is blank"),
        ([IMAGES, " "], r"^papers\[1\]: The abstract is blank"),
        ([IMAGES, 3], r"^papers\[1\]: The abstract is of type int, not text"),
        ([ROWS[0], {"title": "x"}], r"^papers\[1\]: It has only the fields title; wanted is abstract"),
        ([ROWS[0], {"abstract": IMAGES, "date": "9998-01"}], r"^papers\[1\]: .*lies in the future"),
        ({"abstract": IMAGES}, r"^Papers of type dict cannot be read"),
        (3, r"^Papers of type int cannot be read"),
    ],
)
def test_what_cannot_be_read_says_which_and_why(model: Model, papers: Any, said: str) -> None:
    """The first paper that cannot be read is named by its place, with the sentence of the command line."""
    with pytest.raises(InvalidInputError, match=said):
        model.predict(papers)


@pytest.mark.parametrize(
    ("papers", "more", "said"),
    [
        (IMAGES, {"titles": ["x"]}, "not with titles="),
        ([IMAGES], {"title": "x"}, "Give titles="),
        ([IMAGES], {"titles": []}, "0 titles for 1 texts"),
        ([IMAGES], {"columns": {"id": "x"}}, "not with a list of texts"),
        (ROWS, {"titles": ["x", "y"]}, "have the column title"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    model: Model, papers: Any, more: dict[str, Any], said: str
) -> None:
    """An option that would be ignored is refused."""
    with pytest.raises(InvalidInputError, match=said):
        model.predict(papers, **more)


def test_a_model_is_named_as_on_the_command_line(model: Model, tmp_path: Path) -> None:
    """A shipped name, kind/version and a folder mean the same model. One that is not there is named."""
    assert model.name == arxiv_classifier.load(model.name).name == arxiv_classifier.load(model.folder).name
    assert repr(model) == f"Model({model.name!r})"
    assert model.metrics["test"]["micro_f1"] > 0.5
    with pytest.raises(ModelNotFoundError, match="Did you mean baseline"):
        arxiv_classifier.load("basline")
    with pytest.raises(ModelNotFoundError):
        arxiv_classifier.load(tmp_path)
    with pytest.raises(arxiv_classifier.ArxivClassifierError):
        arxiv_classifier.load("registry:nothing@champion")


_FIRST_ANSWER = """
import json, sys, time
started = time.process_time()
import arxiv_classifier
arxiv_classifier.load("baseline").predict("We train a convolutional network to segment images.")
print(json.dumps([time.process_time() - started, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_the_first_answer_is_quick_and_light() -> None:
    """From import to answer it takes 0.6 s of one processor on an idle machine, and no heavy library."""
    runs = [subprocess.run([sys.executable, "-c", _FIRST_ANSWER], capture_output=True, text=True) for _ in range(2)]
    assert not runs[0].returncode, runs[0].stderr
    seconds, packages = min(json.loads(run.stdout) for run in runs)
    assert seconds < 1.5
    assert "numpy" in packages
    assert {"pandas", "pyarrow", "scipy", "sklearn", "tensorflow", "keras", "onnxruntime"}.isdisjoint(packages)


def test_a_package_of_another_distribution_is_refused(tmp_path: Path) -> None:
    """If another package of the same name is found first, the import says so and what to do."""
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "__init__.py").touch()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import arxiv_classifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: arxiv-classifier needs its own package 'adapters', and Python finds ")
    assert str(tmp_path) in last and "uv tool install" in last


def test_advice_names_primary_category_and_verdicts(model: Model) -> None:
    """The primary category comes with words that speak for it, and each chosen category with a verdict."""
    advice = model.advise(IMAGES, title="Segmenting scans", chosen=["cs.CV", "hep-th"])
    assert advice.primary is not None
    assert str(advice.primary.category) in {"cs.CV", "eess.IV"}
    assert advice.primary.reasons
    assert {str(each.category): str(each.verdict) for each in advice.opinion}["hep-th"] == "drop"
    with pytest.raises(InvalidInputError, match=r"cs\.LC"):
        model.advise(IMAGES, chosen=["cs.LC"])
    with pytest.raises(InvalidInputError, match="future"):
        model.advise(IMAGES, date="2999-01")
