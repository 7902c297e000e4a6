"""A bundle's transformer as ONNX Runtime runs it."""

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
from adapters.classifiers.transformer.onnx.graph import PROBABILITIES, VECTORS, write_onnx
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.storage import MODEL, READING, load_runtime
from adapters.classifiers.transformer.tokenizing import TOKENIZER
from domain.abstract import Abstract
from domain.errors import CorruptModelError
from tests.bundles import write_bundle
from tests.strategies import examples

WORDS = ["star", "galaxy", "network", "graph", "proof", "theorem", "quantum", "image", "field"]


@pytest.fixture(scope="module", params=["bundle", "int8_bundle"])
def runtime(request: pytest.FixtureRequest) -> OnnxRuntime:
    """A loaded bundle, in each precision."""
    folder: Path = request.getfixturevalue(request.param)
    return load_runtime(folder)


@pytest.fixture
def copied(bundle: Path, tmp_path: Path) -> Path:
    """A bundle of one's own."""
    return shutil.copytree(bundle, tmp_path / "copied")


def paper(length: int, *, first: int = 0) -> Abstract:
    """Returns a paper of the given number of words, the first of which identifies it."""
    return Abstract(" ".join(WORDS[(first + place) % len(WORDS)] for place in range(length)))


@examples(20)
@given(lengths=st.lists(st.integers(1, 70), max_size=8))
def test_a_row_is_its_papers_own(runtime: OnnxRuntime, lengths: list[int]) -> None:
    """Rows are in the order of the papers, and to the last bit those that each paper gets alone, in int8 too."""
    papers = [paper(length, first=number) for number, length in enumerate(lengths)]
    rows = runtime.run(papers, PROBABILITIES)
    alone = [runtime.run([one], PROBABILITIES)[0] for one in papers]
    np.testing.assert_array_equal(rows, np.reshape(alone, (len(papers), 5)))


def test_nothing_gives_no_rows(runtime: OnnxRuntime) -> None:
    """No papers give no rows of the output's width."""
    assert runtime.run([], PROBABILITIES).shape == (0, 5)
    assert runtime.run([], VECTORS).shape == (0, 32)


def test_many_papers_keep_their_order(runtime: OnnxRuntime) -> None:
    """More papers than are read at once come back in their order."""
    papers = [paper(1 + number % 5, first=number % 9) for number in range(1100)]
    rows = runtime.run(papers, PROBABILITIES)
    assert len(np.unique(rows[:45], axis=0)) == 45
    np.testing.assert_array_equal(rows, rows[np.arange(1100) % 45])


def test_a_checkpoint_comes_before_each_paper(runtime: OnnxRuntime) -> None:
    """It is called before each paper is run, and where it raises no other is."""
    papers, calls = [paper(5, first=number) for number in range(8)], 0

    def count(most: int = 100) -> None:
        nonlocal calls
        calls += 1
        if calls > most:
            raise InterruptedError

    whole = runtime.run(papers, VECTORS, checkpoint=count)
    assert calls > len(papers)
    calls = 0
    with pytest.raises(InterruptedError):
        runtime.run(papers, VECTORS, checkpoint=lambda: count(3))
    np.testing.assert_array_equal(runtime.run(papers, VECTORS), whole)


def test_truncation_is_told_once(bundle: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A runtime warns of papers that it does not read to the end, the first time only, with the limit."""
    runtime = load_runtime(bundle)
    with caplog.at_level(logging.WARNING):
        runtime.run([paper(5)], PROBABILITIES)
        assert caplog.messages == []
        runtime.run([paper(5), paper(60)], PROBABILITIES)
        runtime.run([paper(61)], PROBABILITIES)
    assert len(caplog.messages) == 1
    assert "more than 48 tokens (here 1 of 2)" in caplog.messages[0]


def test_what_is_beyond_the_limit_does_not_count(runtime: OnnxRuntime) -> None:
    """A paper gets the row of its first 46 words, which with the special tokens are the 48 that are read."""
    long, short = paper(70), paper(46)
    np.testing.assert_array_equal(runtime.run([long], VECTORS), runtime.run([short], VECTORS))


@pytest.mark.parametrize("name", [READING, TOKENIZER, MODEL])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    """A bundle without one of its files is a CorruptModelError that names folder and file."""
    (copied / name).unlink()
    with pytest.raises(CorruptModelError, match=rf"{copied} lacks {name}"):
        load_runtime(copied)


@pytest.mark.parametrize("name", [READING, TOKENIZER, MODEL])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_truncated_file_is_noticed(copied: Path, name: str, share: float) -> None:
    """A file cut short is a CorruptModelError that says where it is and what to do."""
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CorruptModelError, match=rf"{copied}.*[Rr]estore or retrain"):
        load_runtime(copied)


def test_a_truncated_graph_is_named(copied: Path) -> None:
    """The error for a graph cut short names its file."""
    content = (copied / MODEL).read_bytes()
    (copied / MODEL).write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptModelError, match=str(copied / MODEL)):
        load_runtime(copied)


@pytest.mark.parametrize("values", [{"pooling": "last"}, {"pooling": "mean", "depth": 3}, ["mean"]])
def test_bad_reading_options_are_noticed(copied: Path, values: object) -> None:
    """Reading options that are unknown or no mapping are a CorruptModelError."""
    (copied / READING).write_text(json.dumps(values), "utf-8")
    with pytest.raises(CorruptModelError, match=str(copied)):
        load_runtime(copied)


def test_another_number_of_categories_is_refused(bundle: Path) -> None:
    """A graph of 5 categories is not loaded for 4."""
    with pytest.raises(CorruptModelError, match="gives 5 probabilities for 4 categories"):
        load_runtime(bundle, categories=4)


def test_a_graph_without_head_is_refused(copied: Path, tiny: Path) -> None:
    """A graph that gives vectors alone is a CorruptModelError where probabilities are asked for."""
    checkpoint = open_checkpoint(str(tiny))
    write_onnx(copied / MODEL, checkpoint.tensors, checkpoint.config, pooling="mean", int8=False)
    with pytest.raises(CorruptModelError, match="gives 0 probabilities for 5 categories"):
        load_runtime(copied, categories=5)


@pytest.fixture(scope="module", params=[False, True])
def both_ends(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> OnnxRuntime:
    """A bundle that reads 12 tokens from the beginning and 12 to the end, in each precision."""
    folder = tmp_path_factory.mktemp("both-ends")
    reading = ReadingOptions(max_length=12, read_end=True)
    return load_runtime(write_bundle(folder, tiny, int8=request.param, reading=reading))


def test_beginning_and_end_are_averaged(both_ends: OnnxRuntime) -> None:
    """The vector of a long paper is the mean of its parts', its logits are the means of theirs."""
    words = paper(18).text.split()
    parts = [Abstract(" ".join(words[:10])), Abstract(" ".join(words[-10:]))]
    vectors, (whole,) = both_ends.run(parts, VECTORS), both_ends.run([paper(18)], VECTORS)
    np.testing.assert_allclose(whole, vectors.mean(axis=0), rtol=0, atol=1e-6)
    odds = [p / (1 - p) for p in (*both_ends.run(parts, PROBABILITIES), both_ends.run([paper(18)], PROBABILITIES)[0])]
    np.testing.assert_allclose(np.log(odds[2]), (np.log(odds[0]) + np.log(odds[1])) / 2, rtol=1e-3, atol=1e-4)


@examples(20)
@given(lengths=st.lists(st.integers(1, 30), max_size=8))
def test_a_row_is_its_papers_own_with_both_ends(both_ends: OnnxRuntime, lengths: list[int]) -> None:
    """However many of its neighbours are read twice, a paper gets the row that it gets alone."""
    papers = [paper(length, first=number) for number, length in enumerate(lengths)]
    rows = both_ends.run(papers, PROBABILITIES)
    alone = [both_ends.run([one], PROBABILITIES)[0] for one in papers]
    np.testing.assert_array_equal(rows, np.reshape(alone, (len(papers), 5)))


def test_nothing_is_reported_to_anyone(bundle: Path, tmp_path: Path) -> None:
    """A process that predicts leaves nothing in the home folder, where ONNX Runtime keeps what it would send."""
    program = f"""
from pathlib import Path
from adapters.classifiers.transformer.storage import load_runtime
from domain.abstract import Abstract
load_runtime(Path({str(bundle)!r})).run([Abstract("star")], "vectors")
"""
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=60)
    assert list(tmp_path.rglob("*")) == []
