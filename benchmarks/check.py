"""Fails if the program became slower by a fifth beside other programs that do comparable work on this machine.

    uv run --group dev python -m benchmarks.check [--update] [--papers 500] [--rounds 9]

Each figure is a ratio of two processor times that are measured in turns, so it hardly depends on the machine's load. A
ratio has fallen if two measurements say so.
ratios.json holds the ratios of the last `--update`. The papers are made up from the shipped model's vocabulary.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from domain.abstract import Abstract
from domain.ports.classifier import Classifier
from entrypoints.container import container_of
from entrypoints.settings import load_settings

STORED = Path(__file__).with_name("ratios.json")
# A ratio below this share of the stored one has fallen.
LEAST = 0.8
_WORDS = 150
_TIMES = 20
Call = Callable[[], object]


def main(arguments: list[str] | None = None) -> int:
    """Prints each ratio beside the stored one, and returns 1 if one has fallen by a fifth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--update", action="store_true", help="store the measured ratios")
    parser.add_argument("--papers", type=int, default=500, help="papers of bulk prediction")
    parser.add_argument("--rounds", type=int, default=9, help="times that each program takes its turn")
    parser.add_argument("--stored", type=Path, default=STORED, help="the file of the ratios to hold")
    options = parser.parse_args(arguments)
    measured = measure(options.papers, options.rounds)
    if options.update:
        options.stored.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    stored = json.loads(options.stored.read_text("utf-8"))
    if fallen(measured, stored):  # a busy machine may do this once
        again = measure(options.papers, options.rounds)
        measured = {name: max(ratio, again[name]) for name, ratio in measured.items()}
    for name, ratio in measured.items():
        print(f"{name}: {ratio:.2f}" + (f", stored {stored[name]:.2f}" if name in stored else ", not stored"))
    found = fallen(measured, stored)
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


def fallen(measured: Mapping[str, float], stored: Mapping[str, float]) -> list[str]:
    """Returns a sentence for each stored ratio that fell by a fifth or was not measured."""
    found = [f"The ratio {name!r} is stored and was not measured." for name in stored if name not in measured]
    for name, ratio in measured.items():
        if name in stored and ratio < LEAST * stored[name]:
            loss = 100 * (1 - ratio / stored[name])
            found.append(f"The ratio {name!r} fell by {loss:.0f} %, from {stored[name]:.2f} to {ratio:.2f}.")
    return found


def measure(papers: int, rounds: int) -> dict[str, float]:
    """Returns how many times as fast the program is as another one, by what both do."""
    container = container_of(load_settings({}))
    model = container.loaded_model("baseline")
    texts = made_up(papers)
    explain, categories = container.explainer(model).explain, model.classifier.taxonomy.categories[:5]
    reader = _term_counter(texts)
    ours, one = [Abstract(text) for text in texts], Abstract(texts[0])
    pairs: dict[str, tuple[Call, Call]] = {
        "bulk prediction beside counting words with scikit-learn": (
            lambda: model.classifier.predict(ours),
            lambda: reader(texts),
        ),
        "one prediction beside counting its words with scikit-learn": (
            lambda: _often(lambda: model.classifier.predict([one])),
            lambda: _often(lambda: reader(texts[:1])),
        ),
        "five explanations beside a prediction of 50 papers": (
            lambda: _often(lambda: explain(one, categories)),
            lambda: _often(lambda: _one_by_one(model.classifier, ours[:50])),
        ),
        "--help beside importing numpy": (
            lambda: _python("-m", "entrypoints", "--help"),
            lambda: _python("-c", "import numpy"),
        ),
    }
    return {name: round(_ratio(*pair, rounds), 3) for name, pair in pairs.items()}


def made_up(count: int) -> list[str]:
    """Returns texts of 150 words of the shipped vocabulary, frequent ones more often, and their punctuation."""
    folder = container_of(load_settings({})).model_store().find("baseline").folder
    words = (folder / "vocabulary.txt").read_text("utf-8").split()
    shares = 1 / np.arange(2, len(words) + 2)
    random = np.random.default_rng(0)
    drawn = random.choice(len(words), (count, _WORDS), p=shares / shares.sum())
    return [" ".join(words[n] + (". " if n % 13 == 0 else "") for n in row) for row in drawn.tolist()]


def _term_counter(texts: list[str]) -> Callable[[list[str]], object]:
    """A TF-IDF reader of terms and pairs, as a peer has it in front of its classifier."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    reader = TfidfVectorizer(ngram_range=(1, 2), max_features=75_000, sublinear_tf=True)
    reader.fit(texts)
    transform: Callable[[list[str]], object] = reader.transform
    return transform


def _one_by_one(classifier: Classifier, papers: list[Abstract]) -> None:
    for paper in papers:
        classifier.predict([paper])


def _often(call: Call) -> None:
    for _ in range(_TIMES):
        call()


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def _ratio(ours: Call, theirs: Call, rounds: int) -> float:
    """Returns their time as a multiple of ours, the median of rounds in which both take turns."""
    ours(), theirs()
    return statistics.median(1 / (_seconds(ours) / _seconds(theirs)) for _ in range(rounds))


def _seconds(call: Call) -> float:
    """Returns the processor time of a call and of the processes that it starts, which other programs hardly change."""
    started = _processor_time()
    call()
    return _processor_time() - started


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
