"""The shipped models in artifacts: their size, their predictions, and their accuracy on real papers."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.baseline import storage
from adapters.classifiers.baseline.features import BagMaker
from adapters.classifiers.baseline.months import YEARS
from adapters.classifiers.baseline.reading import code_reader
from adapters.classifiers.baseline.serving import sigmoid
from application.evaluate import Evaluate
from application.open_model import LoadedModel
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import BadRecord
from entrypoints.container import container_of
from entrypoints.settings import Settings, load_settings
from tests.real_papers import BY_TIME, NATURAL, needs

PROJECT = Path(__file__).parents[2]
BUNDLE = PROJECT / "artifacts" / "baseline"

SHIPPED = ("baseline", "minilm", "ensemble")
# The least and the greatest ratio of the sum of a category's probabilities to its papers. That of all categories has
# .744 in q-bio.BM, of which the sample has 36 papers.
CALIBRATED = {"baseline": (0.75, 1.35), "arxiv": (0.70, 1.40)}


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request: pytest.FixtureRequest) -> LoadedModel:
    """A shipped model as the command line loads it."""
    return loaded_bundle(request.param)


def loaded_bundle(kind: str) -> LoadedModel:
    """The bundle in artifacts that has the kind's name."""
    loaded = container_of(load_settings({})).loaded_model(str(BUNDLE.with_name(kind)))
    return loaded


@pytest.mark.parametrize("kind", SHIPPED)
def test_a_bundle_is_at_most_25_megabytes(kind: str) -> None:
    """All files of a shipped model together."""
    assert sum(path.stat().st_size for path in BUNDLE.with_name(kind).iterdir() if path.is_file()) <= 25_000_000


def test_it_knows_the_fifty_categories_in_their_order(shipped: LoadedModel) -> None:
    """Its columns are those of configs/categories.json."""
    wanted = json.loads((PROJECT / "configs" / "categories.json").read_text("utf-8"))["selected_categories"]
    assert [str(category) for category in shipped.classifier.taxonomy] == wanted


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("We propose a convolutional network for semantic segmentation of images.", "cs.CV"),
        ("We compute hadron masses in lattice QCD with staggered quarks on fine lattices.", "hep-lat"),
        ("We prove that every planar graph has a proper colouring with few colours and bounded degree.", "math.CO"),
        ("Large language models answer questions in many languages after instruction tuning.", "cs.CL"),
        (
            "We study entanglement of two qubits under decoherence and propose a quantum error correcting code.",
            "quant-ph",
        ),
        ("The transit light curves reveal a hot Jupiter exoplanet with an inflated atmosphere.", "astro-ph.EP"),
    ],
)
def test_plain_cases_come_first(shipped: LoadedModel, text: str, category: str) -> None:
    """One sentence of a field is enough to name it."""
    (prediction,) = shipped.classifier.predict([Abstract(text)])
    assert str(prediction.top(1)[0].category) == category


def test_twins_get_one_probability(shipped: LoadedModel) -> None:
    """A category and its alias never differ."""
    (prediction,) = shipped.classifier.predict(
        [Abstract("Rate distortion bounds of a noisy channel and its capacity.")]
    )
    for left, right in shipped.classifier.taxonomy.alias_pairs():
        assert prediction.probabilities[left] == prediction.probabilities[right]


@pytest.mark.parametrize("kind", SHIPPED)
def test_it_says_which_words_speak_for_a_category(kind: str) -> None:
    """The decisive word comes first, and in the baseline the contributions add up to the logit."""
    container, model = container_of(load_settings({})), loaded_bundle(kind)
    paper = Abstract("We compute masses in lattice QCD.", "Staggered quarks")
    categories = model.classifier.taxonomy.categories
    found = container.explainer(model).explain(paper, categories)
    (lattice,) = [one for one in found if str(one.category) == "hep-lat"]
    assert lattice.terms[0].term in ("lattice", "lattice qcd", "staggered", "qcd")
    if kind == "baseline":
        (prediction,) = model.classifier.predict([paper])
        sums = [one.base + sum(term.contribution for term in one.terms) for one in found]
        paired = {column for pair in model.classifier.taxonomy.alias_pairs() for column in pair}
        closed = model.classifier.taxonomy.column(Category("astro-ph"))
        assert prediction.probabilities[closed] == 0
        for column, total in enumerate(sums):
            if column not in paired | {closed}:
                p = prediction.probabilities[column]
                assert total == pytest.approx(math.log(p / (1 - p)), abs=1e-3)


def test_the_manifest_says_what_the_model_was_made_of(shipped: LoadedModel) -> None:
    """Data, seed, configuration and metrics with and without titles are recorded, without paths of a machine."""
    card = shipped.stored.card
    assert {"train", "validation", "test", "fingerprint", "source"} <= set(card.data)
    assert {"test", "test_without_titles"} <= set(card.metrics)
    assert not re.search(r'"(/|~|\w:\\)', (shipped.stored.folder / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("We study how developers of open source software review code and fix defects.", "cs.SE"),
        ("We model gene regulatory networks of bacteria under antibiotic stress.", "q-bio.MN"),
    ],
)
def test_the_model_of_all_categories_knows_more_than_fifty(text: str, category: str) -> None:
    """Software engineering and quantitative biology get their category; retired categories are left out."""
    model = loaded_bundle("arxiv")
    (prediction,) = model.classifier.predict([Abstract(text)])
    assert str(prediction.top(1)[0].category) == category
    identifiers = {str(one) for one in model.classifier.taxonomy}
    assert len(identifiers) == 155 and "astro-ph" not in identifiers
    assert model.stored.card.kind == "baseline" and model.stored.shipped_as == "arxiv"


@pytest.mark.parametrize("kind", (*SHIPPED, "arxiv"))
def test_every_shipped_model_has_policies_and_coverage(kind: str) -> None:
    """Each has five policies, and scores of the validation papers with one of its categories. A member's too."""
    card = loaded_bundle(kind).stored.card
    assert list(card.policies) == ["micro_f1", "macro_f1", "precision-0.95", "precision-0.9", "recall-0.9"]
    assert card.policies["precision-0.9"].expected["micro_precision"].low >= 0.895
    assert card.policies["recall-0.9"].expected["micro_recall"].low >= 0.895
    assert card.conformal is not None and card.conformal.papers > 4000
    assert card.advice is not None


def test_the_model_of_all_categories_is_at_most_26_megabytes() -> None:
    """All files of the bundle, its card among them. No path of a machine is in its manifest."""
    bundle = BUNDLE.with_name("arxiv")
    assert sum(path.stat().st_size for path in bundle.iterdir() if path.is_file()) <= 26_000_000
    assert "/tmp" not in (bundle / "manifest.json").read_text("utf-8")


@needs(NATURAL, "test")
def test_the_model_of_all_categories_scores_as_recorded() -> None:
    """On 12,005 natural test papers it reaches the figures of the README and of its manifest."""
    arxiv = loaded_bundle("arxiv")
    report = Evaluate(arxiv.classifier, arxiv.stored.card.thresholds)(papers_of(NATURAL), with_titles=True)
    assert report.metrics["micro_f1"] >= 0.675
    assert report.metrics["average_precision_macro"] >= 0.553
    assert report.metrics["micro_f1"] == pytest.approx(arxiv.stored.card.metrics["test"]["micro_f1"], abs=1e-4)


@pytest.mark.slow
def test_the_keras_form_gives_the_same_probabilities(tmp_path: Path) -> None:
    """`models export` writes a .keras file whose raw probabilities are those that serving calibrates."""
    import keras

    import adapters.classifiers.baseline.network  # noqa: F401  # registers the layer that the file names

    output = tmp_path / "model.keras"
    command = [sys.executable, "-m", "entrypoints", "models", "export", str(BUNDLE), "--output", str(output)]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)
    text, vocabulary, weights = storage.load(BUNDLE, 50)
    bags = BagMaker(vocabulary).bags(code_reader(text, vocabulary.codes()).read([Abstract("A graph network learns.")]))
    inputs = [bags.features[None, :], bags.weights[None, :], np.zeros((1, len(YEARS)), np.float32)]
    exported = keras.saving.load_model(output).predict(inputs, verbose=0)
    assert exported == pytest.approx(sigmoid(weights.logits(bags)), abs=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs(NATURAL, "test")
@pytest.mark.parametrize(
    ("titles", "micro_f1", "mean_average_precision"), [(True, 0.708, 0.748), (False, 0.704, 0.742)]
)
def test_accuracy_on_a_natural_sample(titles: bool, micro_f1: float, mean_average_precision: float) -> None:
    """On 12,005 test papers the default model reaches the figures of the README and of its manifest."""
    shipped, papers = loaded_bundle("baseline"), papers_of(NATURAL)
    report = Evaluate(shipped.classifier, shipped.stored.card.thresholds)(papers, with_titles=titles)
    assert report.metrics["micro_f1"] >= micro_f1
    assert report.metrics["average_precision_macro"] >= mean_average_precision
    recorded = shipped.stored.card.metrics["test" if titles else "test_without_titles"]
    assert report.metrics["micro_f1"] == pytest.approx(recorded["micro_f1"], abs=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs(NATURAL, "test")
@pytest.mark.parametrize("name", CALIBRATED)
def test_probabilities_hold_on_a_natural_sample(name: str) -> None:
    """Probabilities match the shares of true categories, in all and for each category with 30 test papers."""
    shipped = loaded_bundle(name)
    report = Evaluate(shipped.classifier, shipped.stored.card.thresholds)(papers_of(NATURAL), with_titles=True)
    assert report.metrics["ece_likely"] <= 0.012
    ratios = {row.category: row.expected / row.support for row in report.categories if row.support >= 30}
    assert len(ratios) >= 49
    least, greatest = CALIBRATED[name]
    assert {category: ratio for category, ratio in ratios.items() if not least <= ratio <= greatest} == {}


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs(BY_TIME, "test")
@needs(NATURAL, "test")
@pytest.mark.parametrize(("kind", "folder"), [("minilm", BY_TIME), ("ensemble", NATURAL)])
def test_a_sample_of_test_papers_scores_as_recorded(kind: str, folder: Path) -> None:
    """On 200 test papers the models with a transformer reach the figures of their manifests, to within chance."""
    papers = papers_of(folder)
    shipped, papers = loaded_bundle(kind), papers[:: -(-len(papers) // 200)]
    report = Evaluate(shipped.classifier, shipped.stored.card.thresholds)(papers, with_titles=True)
    recorded = shipped.stored.card.metrics["test"]
    assert report.metrics["micro_f1"] == pytest.approx(recorded["micro_f1"], abs=0.06)
    # Three standard errors of two samples, 200 papers here and 2,000 in the manifest.
    assert report.metrics["precision_at_1"] == pytest.approx(recorded["precision_at_1"], abs=0.083)


def papers_of(folder: Path) -> list[LabelledAbstract]:
    """The test papers of a folder."""
    settings: Settings = load_settings({"dataset": str(folder / "test.parquet")})
    bad: list[BadRecord] = []
    papers = list(container_of(settings).dataset().papers(None, bad.append))
    assert not bad
    return papers
