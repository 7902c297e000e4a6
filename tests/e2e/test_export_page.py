"""`export page`: small models in Chromium on odd texts, and folders that the page may or may not be written to."""
# ruff: noqa: RUF001 - the odd texts are of characters that look like others

import itertools
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from adapters.classifiers.baseline import storage
from adapters.classifiers.baseline.browser import export_browser
from adapters.classifiers.baseline.months import YEARS, Timeline
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import stop_words, term_reader
from adapters.classifiers.baseline.serving import Dense, Months, Weights, quantised
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.model_store.filesystem import FilesystemModelStore
from application.open_model import LoadedModel
from application.predictions.text_warnings import text_warnings
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.errors import ConfigurationError, InvalidInputError
from domain.month import month_of, system_clock
from domain.ports.explainer import Explainer
from entrypoints.cli.main import cli
from entrypoints.container import container_of
from entrypoints.settings import load_settings
from tests.browser import CHROMIUM, NEEDS_CHROMIUM, chromium, served
from tests.e2e.done import Run
from tests.examples import own_card, small_card

# Pairs of title and abstract.
ODD = [
    ("", "Plain words of a paper, without a title."),
    ("A title. ", "ends with a full stop. So does this one."),
    ("Title\nof two lines", "Tabs\tand\x0bother\x1fwhite\u00a0space\u2003and\u2028lines\x00and\x01marks"),
    (
        r"The Schr\"odinger equation",
        r"Erd\H{o}s, P\'olya, \v{C}ech, {\aa}ngstr\"om, G\"{o}del, \c{c}, na\"\i ve, \o} {\ss}",
    ),
    ("On $L^2$ and $\\ell^{p}$", r"\alpha-decay, x_k^{2n}, l^2, C++ and C#, r^{n}, \mathbb{R}^n, O(n^2), e^{i\pi}"),
    ("Accents", "Schrödinger, Poincaré, Erdős, Łojasiewicz, Ångström, naïve façade, Œuvre, ﬁne ligatures"),
    ("Decomposed", "Schro\u0308dinger, Poincare\u0301, a\u0338, \u0301leading, e\u0301\u0302\u0327"),
    ("Greek α", "ΛCDM, α-helix, μ-law, σς ΣΑΣ, Ω, ϑ, ϕ, \u2126 and \u00b5"),
    ("Mathematics", "𝔸𝕣𝕩𝕚𝕧 𝑥² ½ ⅷ ① ℝ³ ℏ ∞ ≤ × √2 x₁ 10⁻³"),
    ("Emoji", "👩‍🔬 graphs 🎉🎉 and trees 🇩🇪 ❤️ keycap 1️⃣"),
    ("Chinese", "我们研究图神经网络及其应用"),
    ("Scripts", "Изучаем графы и сети · мы σχεδόν हिन्दी में नेटवर्क שלום עולם العربية ไทยคำ 한국어 日本語テスト"),
    ("İstanbul", "İ I ı ſ K Å ẞ ß ǆ ǅ Ǆ ŉ ΐ"),
    ("Hyphens", "self-supervised pre‑trained long–range non—local a­b soft\u200bspace zero\u200djoin"),
    ("Quotes", "'tis \"quoted\" `code` it's x' ~ = + # ^ { } \\ \\\\ \\. a\\.b \\~n \\=o \\^{\\i}"),
    ("Numbers", "1,000.5 3.14 1e-4 10% 5-10 v1.2.3 2^10 2^{10} ٣٤ १२ Ⅻ"),
    ("Punctuation", "end.. next... (a),[b];{c}:d!e?f@g|h<i>j/k&l*m$n_o-p"),
    ("stop", "the of and in we for is that with on this by as are an"),
    ("few", "graph"),
    ("unread", "qqqqq zzzz xxxx wwww"),
    ("\u0085", "\u0085next\u0085line \ufeffmark graphs\ufeffnetworks"),
    ("Unassigned", "\u0378graph \ue000private \U000e0041tag \ufffdreplaced \ufffe"),
    ("Long", "We study graphs and networks of neural learners. " * 400),
    ("One word", "x" * 20_000),
    ("Repeated", "graph " * 3000),
]
_MONTHS = (None, "1993-02", "2019-12", "2020-01", "2026-11")
ABSTRACTS = [Abstract(text, title or None, month=_MONTHS[n % len(_MONTHS)]) for n, (title, text) in enumerate(ODD)]
PAPERS = [{"title": each.title or "", "abstract": each.text, "month": each.month or ""} for each in ABSTRACTS]
# Texts that are no abstract.
REFUSED = ["", " \t\n\u00a0\u2003\x1c\x85", "x" * 20_001, "lone \ud800 surrogate", "end \udfff", "👩" * 20_001]
PREDICT = """async ([papers, month]) => {
    const [{ load }, { problemOf, warningsOf }] = await Promise.all([import("./classifier.js"), import("./checks.js")]);
    const classifier = await load();
    return papers.map(paper => {
        const { probabilities, unread } = classifier.predict(paper, month);
        const problem = problemOf({ ...paper, date: paper.month }, classifier.description, "2026-11-29");
        const explained = [...probabilities].map((_, column) => classifier.explain(paper, column).logit);
        return { probabilities: [...probabilities], explained, unread, problem,
            warnings: warningsOf(paper, unread, classifier.description) };
    });
}"""
PROBLEMS = """texts => Promise.all([import("./checks.js"), fetch("description.json").then(found => found.json())])
    .then(([{ problemOf }, description]) => texts.map(
        ([title, abstract, date]) => problemOf({ title, abstract, date }, description, "2026-11-29")))"""


pytest.importorskip("playwright")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason=NEEDS_CHROMIUM)


def vocabulary_of(options: TextOptions) -> Vocabulary:
    """All terms of the odd texts in an order of their own, the stop words first, and every second adjacent pair."""
    reader = term_reader(options)
    lines = [reader.read(text.lower()) for title, *texts in ODD if title != "unread" for text in (title, *texts)]
    terms = sorted({term for line in lines for term in line if term}, key=lambda term: (term not in stop_words(), term))
    code = {term: number for number, term in enumerate(terms)}
    unpaired = sum(term in stop_words() for term in terms)
    pairs = {
        code[a] * len(terms) + code[b]
        for line in lines
        for a, b in itertools.pairwise(line)
        if a and b and min(code[a], code[b]) >= unpaired
    }
    keys = np.array(sorted(pairs)[::2], np.int64)
    idf = np.random.default_rng(1).uniform(1, 9, len(terms) + len(keys)).astype(np.float32)
    return Vocabulary(tuple(terms), keys, idf, unpaired)


def write_model(store: Path, *, own: bool, hidden: tuple[int, ...], options: TextOptions) -> Path:
    """Stores a baseline of random weights that knows the odd texts' words; returns its folder."""
    card = own_card("baseline") if own else small_card("baseline")
    categories, random, vocabulary = len(card.taxonomy), np.random.default_rng(2), vocabulary_of(options)

    def normal(*shape: int) -> Any:
        return random.normal(size=shape).astype(np.float32)

    if not own:
        mixing = random.normal(scale=0.1, size=(categories, categories)) * (1 - np.eye(categories))
        calibration = Calibration((0.9,) * categories, (-0.2,) * categories, tuple(map(tuple, mixing.tolist())))
        card = small_card("baseline", calibration=calibration)
    width = hidden[0] + categories
    table, scale = quantised(normal(len(vocabulary), width) * 4)
    sizes = list(itertools.pairwise((*hidden, categories)))
    layers = tuple(Dense(normal(*size), normal(size[1])) for size in sizes)
    months = None if own else Months(Timeline(12 * 2026 + 4), normal(len(YEARS), width))
    weights = Weights(table, scale, normal(width), layers, months)
    saved = FilesystemModelStore(store).save(card, lambda folder: storage.save(folder, options, vocabulary, weights))
    return saved.folder


MODELS: dict[str, Any] = {
    "arxiv": {"own": False, "hidden": (16,), "options": TextOptions()},
    "own": {"own": True, "hidden": (12, 8, 6), "options": TextOptions(keep_stop_words=False)},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    with chromium() as running:
        yield running


@dataclass(frozen=True, slots=True)
class Exported:
    """A stored model, the folder of its page, and what that page says of each odd text."""

    model: LoadedModel
    folder: Path
    said: list[dict[str, Any]]

    @property
    def explainer(self) -> Explainer:
        """Python's explainer of the model."""
        return container_of(load_settings()).explainer(self.model)


def export(folder: Path, model: Path | str) -> Result:
    """Runs `export page`."""
    return CliRunner().invoke(cli, ["export", "page", str(folder), "--model", str(model)])


def asked(browser: Any, folder: Path, script: str, argument: object = None) -> Any:
    """Returns the result of a script on the page."""
    with served(folder) as address:
        page = browser.new_page()
        page.goto(address)
        found = page.evaluate(script, argument)
        page.close()
    return found


@pytest.fixture(scope="module", params=MODELS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Exported:
    """A baseline of arXiv's categories with months and mixing, or of own labels with more layers."""
    folder = tmp_path_factory.mktemp("page")
    stored = write_model(tmp_path_factory.mktemp("models"), **MODELS[request.param])
    done = export(folder, stored)
    assert done.exit_code == 0, done.output
    said = asked(browser, folder, PREDICT, [PAPERS, month_of(system_clock())])
    return Exported(container_of(load_settings()).loaded_model(str(stored)), folder, said)


@needs_chromium
def test_odd_texts_have_pythons_probabilities(exported: Exported) -> None:
    """Accents, LaTeX, emoji, scripts, long and empty texts: the page's probabilities are Python's."""
    batch = exported.model.classifier.predict(ABSTRACTS)
    expected = np.asarray(batch.probabilities)
    assert np.array([each["probabilities"] for each in exported.said]) == pytest.approx(expected, abs=1e-5)
    assert [n for n, each in enumerate(exported.said) if each["unread"]] == sorted(batch.unread)
    assert len(batch.unread) == 1


@needs_chromium
def test_odd_texts_have_pythons_warnings(exported: Exported) -> None:
    """The page warns of the texts of which Python warns, in its words, and refuses none that Python takes."""
    batch = exported.model.classifier.predict(ABSTRACTS)
    warned = text_warnings(ABSTRACTS, batch)
    sentences = [[warning.sentence for warning in warned.get(row, ())] for row in range(len(ABSTRACTS))]
    assert [each["warnings"] for each in exported.said] == sentences
    assert len([each for each in sentences if each]) >= 3
    assert [each["problem"] for each in exported.said] == [""] * len(ABSTRACTS)


@needs_chromium
def test_odd_texts_have_pythons_logits(exported: Exported) -> None:
    """The parts that the page names add up to the logits that Python explains."""
    categories, explainer = exported.model.classifier.taxonomy.categories, exported.explainer
    for abstract, each in zip(ABSTRACTS, exported.said, strict=True):
        expected = [found.logit for found in explainer.explain(abstract, categories)]
        pairs = [(m, t) for m, t in zip(each["explained"], expected, strict=True) if t is not None]
        assert [mine for mine, _ in pairs] == pytest.approx([theirs for _, theirs in pairs], rel=1e-3, abs=2e-2)


@needs_chromium
def test_the_page_refuses_what_python_refuses(exported: Exported, browser: Any) -> None:
    """Blank, long and broken texts and impossible dates get the sentences that Python gives."""
    texts = [["", text, ""] for text in REFUSED] + [[text, "Fine.", ""] for text in REFUSED[2:]]
    # A part of the script, because a lone surrogate cannot be sent as an argument.
    found = asked(browser, exported.folder, f"({PROBLEMS})({json.dumps(texts)})")
    for (title, text, _), sentence in zip(texts, found, strict=True):
        with pytest.raises(InvalidInputError) as refused:
            Abstract(text, title or None)
        assert sentence == str(refused.value).removesuffix(" The setting max_characters changes the limit.")
    dates = [["", "Fine.", "2026-11-30"], ["", "Fine.", "1991-06-30"], ["", "Fine.", "1991-07-01"]]
    assert asked(browser, exported.folder, PROBLEMS, dates) == [
        "The date 2026-11-30 lies in the future. Give one up to 2026-11-29.",
        "The date 1991-06-30 is before arXiv began in 1991-07. Give the month in which the paper was filed.",
        "",
    ]


@needs_chromium
def test_a_visitor_gets_bars_and_words(exported: Exported, browser: Any) -> None:
    """A typed paper gets bars, most probable first, and another category's words when that is chosen."""
    with served(exported.folder) as address:
        page = browser.new_page()
        page.goto(address)
        page.locator("html[data-ready]").wait_for()
        page.get_by_label("Abstract").fill("We study graphs <b>and</b> networks of neural learners.")
        page.keyboard.press("Control+Enter")
        names = page.locator("ul.bars b").all_inner_texts()
        shown = page.locator("#words").inner_text()
        page.get_by_label("Words that speak").select_option(index=1)
        other = page.locator("#words").inner_text()
        page.get_by_label("Abstract").fill(" ")
        page.keyboard.press("Control+Enter")
        problem = page.get_by_role("alert").inner_text()
        page.close()
    abstract = Abstract("We study graphs <b>and</b> networks of neural learners.")
    row = np.asarray(exported.model.classifier.predict([abstract]).probabilities)[0]
    order = [str(exported.model.classifier.taxonomy.categories[n]) for n in np.argsort(-row, kind="stable")]
    assert names == order[: len(names)]
    assert "<b>and</b>" in shown
    assert shown != other
    assert problem == "The abstract is blank. Send its text."


def test_a_page_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    """A second export into the folder replaces the files of the first. Other files stay. Equal models, equal bytes."""
    folder, model = tmp_path / "page", write_model(tmp_path / "models", **MODELS["own"])
    assert export(folder, model).exit_code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "CNAME").write_text("papers.example.org")
    (folder / "page.js").write_text("old")
    assert export(folder, model).exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {**before, "CNAME": b"papers.example.org"}
    assert stat.S_IMODE((folder / "index.html").stat().st_mode) & 0o444


@pytest.mark.parametrize("name", ["index.html", "service-worker.js", "model.bin"])
def test_a_file_of_something_else_stays(tmp_path: Path, name: str) -> None:
    """A folder with a site of its own is refused, with the file in the way, and stays as it was."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / name).write_text("mine")
    done = export(tmp_path / "site", write_model(tmp_path / "models", **MODELS["own"]))
    assert isinstance(done.exception, InvalidInputError)
    assert str(done.exception) == f"{tmp_path / 'site'} has a file {name} of something else. Name another folder."
    assert [path.name for path in (tmp_path / "site").iterdir()] == [name]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A name that is a file's is refused."""
    (tmp_path / "page").write_text("mine")
    done = export(tmp_path / "page", write_model(tmp_path / "models", **MODELS["own"]))
    assert str(done.exception) == f"{tmp_path / 'page'} is a file. Name a folder to write the page to."


def test_an_empty_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of an unset variable writes nothing into the folder of work."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["export", "page", ""])
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "A dot names the working directory" in done.output


def test_other_kinds_are_refused(run: Run, tmp_path: Path) -> None:
    """A model of a kind that no page can run is refused with a kind that a page can run."""
    done = run("export", "page", tmp_path / "page", "--model", "fake")
    assert done.returncode == 2
    assert "is of kind fake, which no page can run. Name a baseline with --model." in done.sentence
    assert not (tmp_path / "page").exists()


def test_a_model_with_merged_word_forms_is_refused(tmp_path: Path) -> None:
    """A model that was trained with stemming is refused, because a browser has no stemmer."""
    stored = write_model(tmp_path / "models", **MODELS["own"])
    path = stored / "text.json"
    with pytest.raises(ConfigurationError, match="trained with stemming: porter, which a browser cannot repeat"):
        export_browser(
            TextOptions(stemming="porter"),
            storage.load(stored, 4)[1],
            storage.load(stored, 4)[2],
            path.with_suffix(".safetensors"),
        )
