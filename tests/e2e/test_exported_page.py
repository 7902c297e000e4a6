"""The page of the shipped model in Chromium: its numbers on real papers, its speed, and its life without a network."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.abstract import Abstract
from entrypoints.cli.main import main
from tests.browser import CHROMIUM, NEEDS_CHROMIUM, chromium, served
from tests.lazily import lazily
from tests.real_papers import NATURAL, OLDER, needs

pq = lazily("pyarrow.parquet")
pytest.importorskip("playwright")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CHROMIUM, reason=NEEDS_CHROMIUM),
]
PAPERS = 2000
PATIENCE = 60_000
# Loads the classifier as the page does, and predicts all papers in the place of one.
PREDICT = """async papers => {
    const { load } = await import("./classifier.js");
    const classifier = await load();
    return papers.map(paper => [...classifier.predict(paper, "2026-11").probabilities]);
}"""
EXPLAIN = """async ([paper, columns]) => {
    const { load } = await import("./classifier.js");
    const classifier = await load();
    return columns.map(column => classifier.explain(paper, column));
}"""

# The seconds that twenty answers take, as the page draws them, words included.
TIMES = """text => {
    document.getElementById("abstract").value = text;
    return Array.from({ length: 20 }, () => {
        const begun = performance.now();
        document.getElementById("classify").click();
        return (performance.now() - begun) / 1000;
    });
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported page of the shipped model."""
    folder = tmp_path_factory.mktemp("page")
    assert main(["export", "page", str(folder), "--model", "baseline"]) == 0
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    with chromium() as running:
        yield running


def papers_of(folder: Path, count: int) -> list[dict[str, str]]:
    """Real papers, every third without a title."""
    table = pq.read_table(folder / "test.parquet").slice(0, count).to_pylist()
    return [
        {"title": row["title"] if n % 3 else "", "abstract": row["abstract"], "month": row["year_month"]}
        for n, row in enumerate(table)
    ]


@needs(NATURAL, "test")
@needs(OLDER, "test")
def test_the_page_gives_pythons_probabilities_for_real_papers(folder: Path, browser: Any) -> None:
    """No probability of 2,000 real abstracts, new and old, differs from Python's by more than 1e-4."""
    from entrypoints.container import container_of
    from entrypoints.settings import load_settings

    papers = papers_of(NATURAL, PAPERS // 2) + papers_of(OLDER, PAPERS // 2)
    classifier = container_of(load_settings()).loaded_model("baseline").classifier
    abstracts = [Abstract(each["abstract"], each["title"] or None, month=each["month"]) for each in papers]
    expected = np.asarray(classifier.predict(abstracts).probabilities)
    with served(folder) as address:
        page = browser.new_page()
        page.goto(address)
        found = np.array(page.evaluate(PREDICT, papers))
        page.close()
    assert found.shape == expected.shape == (PAPERS, 50)
    print(f"largest difference {np.abs(found - expected).max():.1e}")
    assert np.abs(found - expected).max() < 1e-4


def test_the_page_is_small_and_asks_no_other_host(folder: Path, browser: Any) -> None:
    """The files have 30 MB at most. Everything that the page asks for comes from its own folder."""
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 30e6
    with served(folder) as address:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        answer(page, "We study dark matter haloes of galaxies.")
        page.close()
    assert len(asked) >= 8
    assert all(url.startswith(address) or url == "data:," for url in asked)


def test_the_words_are_those_of_python(folder: Path, browser: Any) -> None:
    """The page's parts of a logit are those of `predict --explain`: base, terms in order, contributions, places."""
    from entrypoints.container import container_of
    from entrypoints.settings import load_settings

    container = container_of(load_settings())
    loaded = container.loaded_model("baseline")
    categories = loaded.classifier.taxonomy.categories[:7]
    abstract = Abstract(
        'We solve the Schr\\"odinger equation on graphs, in $L^2$ and self-supervised.', "On \u03b1 decay"
    )
    paper = {"title": abstract.title, "abstract": abstract.text, "month": ""}
    with served(folder) as address:
        page = browser.new_page()
        page.goto(address)
        found = page.evaluate(EXPLAIN, [paper, list(range(len(categories)))])
        page.close()
    for mine, theirs in zip(found, container.explainer(loaded).explain(abstract, categories), strict=True):
        assert mine["base"] == pytest.approx(theirs.base, abs=1e-3)
        assert mine["logit"] == pytest.approx(theirs.logit, abs=1e-3)
        contributions = {term["term"]: term["contribution"] for term in mine["terms"]}
        assert contributions == pytest.approx({term.term: term.contribution for term in theirs.terms}, abs=1e-3)
        places = {term["term"]: {(s["field"], s["start"], s["end"]) for s in term["spans"]} for term in mine["terms"]}
        assert places == {term.term: {(s.field, s.start, s.end) for s in term.spans} for term in theirs.terms}


def test_the_page_works_without_a_network_after_the_first_visit(folder: Path, browser: Any) -> None:
    """Once the page says so, it opens and answers without a server."""
    page = browser.new_page()
    with served(folder) as address:
        page.goto(address)
        page.locator("html[data-offline]").wait_for(timeout=PATIENCE)
    page.goto(f"{address}?again")
    assert "hep-th" in answer(page, "We compute the entropy of black holes in string theory.").inner_text()
    page.close()


def test_answers_come_at_once(folder: Path, browser: Any) -> None:
    """A cold load takes 30 s at most, and then a paper 200 ms. Both are ten times the usual times."""
    text = " ".join(["We study a convolutional network for the segmentation of medical images."] * 20)
    with served(folder) as address:
        context = browser.new_context()
        page = context.new_page()
        begun = time.perf_counter()
        page.goto(address)
        answer(page, text)
        cold = time.perf_counter() - begun
        seconds = page.evaluate(TIMES, text)
        context.close()
    print(f"cold {cold:.2f} s, then {1000 * statistics.median(seconds):.1f} ms")
    assert cold < 30
    assert statistics.median(seconds) < 0.2


def answer(page: Any, abstract: str, title: str = "") -> Any:
    """Types a paper and returns its first bar."""
    page.locator("html[data-ready]").wait_for(timeout=PATIENCE)
    page.get_by_label("Title").fill(title)
    page.get_by_label("Abstract").fill(abstract)
    page.get_by_role("button", name="Classify").click()
    bar = page.locator("ul.bars li").first
    bar.wait_for(timeout=PATIENCE)
    return bar
