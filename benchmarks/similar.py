"""What the index of similar papers finds, how fast, and how it compares with TF-IDF neighbours.

    uv run --group dev python -m benchmarks.similar [--model minilm|hub] [--papers 100000] [--vectors FILE.npy]

Indexes papers of the training split and searches with papers of the validation split, from the folder that
ARXIV_CLASSIFIER_DATA names. Vectors are kept in a cache file, and a run that was stopped goes on where it was.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from adapters.paper_index.folder import FolderIndexStore
from benchmarks.real_papers import DATA
from benchmarks.transformer_programs import write_bundle
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.ports.embedder import Embedder
from domain.ports.paper_index import IndexOrigin, PaperIndex
from domain.similar_paper import IndexedPaper
from entrypoints.container import container_of
from entrypoints.settings import load_settings

CACHE = Path(tempfile.gettempdir()) / "arxiv-classifier-vectors"
HUB = "hub"
NEAREST = 10
_HUB_TOKENS = 128
_AT_ONCE = 256

Row = dict[str, object]
Found = NDArray[np.int64]
Papers = Sequence[LabelledAbstract]


def main() -> None:
    """Runs every measurement, and prints a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--model", default="minilm", help="whose encoder embeds; hub: MiniLM as it is there, 128 tokens"
    )
    parser.add_argument("--papers", type=int, default=100_000, help="papers of the training split that are indexed")
    parser.add_argument("--queries", type=int, default=1_000, help="papers of the validation split searched with")
    parser.add_argument("--seed", type=int, default=0, help="seed of which papers are drawn")
    parser.add_argument("--vectors", type=Path, help=".npy of shape (papers + queries, dimensions), queries last")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of vectors made earlier")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    papers = drawn("train", options.papers, options.seed)
    queries = drawn("validation", options.queries, options.seed)
    vectors = _vectors(options, [*papers, *queries])
    figures = measured(papers, queries, vectors)
    print(markdown(figures["rows"]))
    text = json.dumps({"model": options.model, "seed": options.seed, **figures}, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", "utf-8")


def drawn(split: str, count: int, seed: int) -> list[LabelledAbstract]:
    """So many papers of a split at random, in the file's order."""
    table = pq.read_table(DATA / f"{split}.parquet", columns=["id", "title", "abstract", "categories"])
    chosen = np.random.default_rng(seed).permutation(table.num_rows)[:count]
    return [_paper(row) for row in table.take(np.sort(chosen)).to_pylist()]


def _paper(row: dict[str, Any]) -> LabelledAbstract:
    names = row["categories"].split() if isinstance(row["categories"], str) else row["categories"]
    abstract = Abstract(row["abstract"], row["title"], row["id"], max_characters=1_000_000)
    return LabelledAbstract(abstract, tuple(map(Category.parse, names)))


def _vectors(options: argparse.Namespace, papers: Papers) -> NDArray[np.float32]:
    if options.vectors:
        vectors: NDArray[np.float32] = np.load(options.vectors, mmap_mode="r")
    else:
        with tempfile.TemporaryDirectory() as folder:
            model = str(write_bundle(Path(folder), longest=_HUB_TOKENS)) if options.model == HUB else options.model
            _, embedder = container_of(load_settings({})).embedder(model)
            name = f"{embedder.fingerprint[:12]}-{options.papers}-{options.queries}-{options.seed}.npy"
            vectors = embedded(papers, embedder, options.cache / name)
    if len(vectors) != len(papers):
        raise SystemExit(f"There are {len(vectors):,} vectors for {len(papers):,} papers.")
    return vectors


def embedded(papers: Papers, embedder: Embedder, cache: Path) -> NDArray[np.float32]:
    """The papers' vectors; `cache` is filled block by block, and rows of zeros are still to be made."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    if cache.is_file():
        vectors = open_memmap(cache, mode="r+")
    else:
        vectors = open_memmap(cache, mode="w+", dtype=np.float32, shape=(len(papers), embedder.dimensions))
    started, made = time.perf_counter(), 0
    for start in range(0, len(papers), _AT_ONCE):
        block = vectors[start : start + _AT_ONCE]
        if not np.all(np.any(block, axis=1)):
            block[:] = embedder.embed([paper.abstract for paper in papers[start : start + _AT_ONCE]])
            made += len(block)
            rate = made / (time.perf_counter() - started)
            print(f"{start + len(block):,} of {len(papers):,} papers embedded, {rate:.0f} a second", flush=True)
    vectors.flush()
    result: NDArray[np.float32] = vectors
    return result


def measured(papers: Papers, queries: Papers, vectors: NDArray[np.float32]) -> dict[str, Any]:
    """Every figure: of the index, of an exact search, of TF-IDF neighbours, and of papers drawn at random."""
    corpus, asked = vectors[: len(papers)], np.ascontiguousarray(vectors[len(papers) :])
    exact, exact_ms = _timed(lambda query: _nearest(corpus @ query), asked)
    with tempfile.TemporaryDirectory() as folder:
        index, figures = _indexed(papers, corpus, Path(folder) / "index")
        rows_by_id = {paper.abstract.id: row for row, paper in enumerate(papers)}
        found, index_ms = _timed(lambda query: _searched(index, query), asked)
        own = np.array([[rows_by_id[identifier] for identifier in each] for each in found])
    words, words_ms = _tf_idf(papers, queries)
    chance = np.random.default_rng(0).integers(0, len(papers), own.shape)
    same = [
        _row("index", own, index_ms, papers, queries, exact=np.array(exact)),
        _row("exact search", np.array(exact), exact_ms, papers, queries, exact=np.array(exact)),
        _row("TF-IDF", words, words_ms, papers, queries),
        _row("at random", chance, [], papers, queries),
    ]
    return {"papers": len(papers), "queries": len(queries), "dimensions": vectors.shape[1], **figures, "rows": same}


def _indexed(papers: Papers, corpus: NDArray[np.float32], folder: Path) -> tuple[PaperIndex, Row]:
    store = FolderIndexStore()
    started = time.perf_counter()
    writer = store.create(folder, IndexOrigin("benchmark", "benchmark", corpus.shape[1], "2026-01-01T00:00:00+00:00"))
    for start in range(0, len(papers), _AT_ONCE):
        part = papers[start : start + _AT_ONCE]
        rows = np.ascontiguousarray(corpus[start : start + _AT_ONCE], dtype=np.float32)
        writer.add([IndexedPaper.of(paper) for paper in part], rows.data)
    writer.finish()
    built = time.perf_counter()
    index = store.open(folder)
    return index, {
        "index_seconds": round(built - started, 1),
        "open_seconds": round(time.perf_counter() - built, 3),
        "index_megabytes": round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1),
    }


def _searched(index: PaperIndex, query: NDArray[np.float32]) -> list[str]:
    return [near.paper.id for near in index.search(query[None].data, NEAREST)[0]]


def _tf_idf(papers: Papers, queries: Papers) -> tuple[Found, list[float]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english", dtype=np.float32)
    columns = vectorizer.fit_transform(map(_text, papers)).T.tocsr()
    rows = vectorizer.transform(map(_text, queries))
    found, milliseconds = _timed(lambda row: _nearest((rows[row] @ columns).toarray()[0]), range(len(queries)))
    return np.array(found), milliseconds


def _text(paper: LabelledAbstract) -> str:
    return f"{paper.abstract.title or ''}\n{paper.abstract.text}"


def _nearest(cosines: NDArray[np.float32]) -> Found:
    rows = np.argpartition(-cosines, NEAREST)[:NEAREST]
    return rows[np.argsort(-cosines[rows], kind="stable")]


def _timed(search: Callable[[Any], Any], queries: Sequence[Any] | NDArray[np.float32]) -> tuple[list[Any], list[float]]:
    found, milliseconds = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query))
        milliseconds.append(1e3 * (time.perf_counter() - started))
    return found, milliseconds


def _row(
    name: str, found: Found, milliseconds: list[float], papers: Papers, queries: Papers, *, exact: Found | None = None
) -> Row:
    recall = None if exact is None else _recall(found, exact)
    p50 = round(statistics.median(milliseconds), 3) if milliseconds else None
    p99 = round(float(np.percentile(milliseconds, 99)), 3) if milliseconds else None
    return {
        "search": name,
        "recall@10": recall,
        "p50_ms": p50,
        "p99_ms": p99,
        "shares_a_category": round(_sharing(found, papers, queries), 4),
    }


def _recall(found: Found, exact: Found) -> float:
    shared = [len(set(own) & set(true)) for own, true in zip(found.tolist(), exact.tolist(), strict=True)]
    return round(sum(shared) / exact.size, 4)


def _sharing(found: Found, papers: Papers, queries: Papers) -> float:
    """The part of all neighbours that have at least one category in common with their query."""
    shared = [
        not set(query.categories).isdisjoint(papers[row].categories)
        for query, rows in zip(queries, found.tolist(), strict=True)
        for row in rows
    ]
    return sum(shared) / len(shared)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table; a dash stands where there is nothing to measure."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([_cell(row[name]) for name in head] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


if __name__ == "__main__":
    main()
