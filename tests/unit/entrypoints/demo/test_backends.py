"""The page's two backends give the same, and batches are read and written."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.abstract import Abstract
from domain.errors import ArxivClassifierError, ConfigurationError, InvalidInputError, ModelNotFoundError
from domain.ports.dataset import BadRecord
from domain.prediction_warning import PredictionWarning
from entrypoints.container import container_of
from entrypoints.demo import batch
from entrypoints.demo.backend import Backend, Choice, Given, Paper
from entrypoints.demo.in_process import InProcess
from entrypoints.demo.through_api import ConnectionLostError, ThroughApi
from entrypoints.settings import load_settings
from tests.e2e.server import TEXT, Server
from tests.json_server import json_server

PAPER = Paper(TEXT, "Segmenting scans")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An API of the shipped model."""
    pytest.importorskip("granian")
    artifacts = str(Path(__file__).parents[4] / "artifacts")
    with Server(tmp_path_factory.mktemp("server"), ARXIV_CLASSIFIER_ARTIFACTS=artifacts) as running:
        yield running


@pytest.fixture(scope="module")
def inside() -> InProcess:
    """The shipped models in this process."""
    return InProcess(load_settings({"artifacts": Path(__file__).parents[4] / "artifacts"}))


@pytest.fixture(scope="module", params=["in process", "through the API"])
def backend(request: pytest.FixtureRequest, inside: InProcess) -> Backend:
    """Each backend."""
    if request.param == "in process":
        return inside
    server: Server = request.getfixturevalue("server")
    return ThroughApi(f"http://127.0.0.1:{server.port}/")


def test_the_default_model_comes_first(backend: Backend) -> None:
    """Models are listed by kind/version, the default first, with their thresholds."""
    models = backend.models()
    assert models[0].name.startswith("baseline/")
    assert {model.name.partition("/")[0] for model in models} >= {"baseline", "minilm", "ensemble"}
    assert 0 < models[0].threshold < 1


def test_a_paper_is_classified(backend: Backend) -> None:
    """All categories come with probability, threshold and name."""
    found = backend.classify(backend.models()[0].name, PAPER)
    assert len(found.rows) == 50
    assert found.rows[0].label == "cs.CV"
    assert found.rows[0].name == "Computer Vision and Pattern Recognition"


def test_a_paper_is_explained(backend: Backend) -> None:
    """Every category comes with the words that say most of it, and they, the base and the others make the logit."""
    found = backend.explain(backend.models()[0].name, PAPER)
    assert len(found) == 50
    assert found["cs.CV"].words[0].term in ("segmentation", "image", "scans")
    assert found.pop("astro-ph").method == "closed"
    for reasons in found.values():
        assert reasons.method == "integrated_gradients"
        total = (reasons.base or 0) + sum(word.contribution for word in reasons.words) + reasons.others
        assert total == pytest.approx(reasons.logit, abs=2e-3)


def test_a_policy_and_a_coverage_give_categories(backend: Backend) -> None:
    """A careful policy gives a part of what one for recall gives, and a higher coverage gives no smaller set."""
    model = backend.models()[0]
    assert ("precision-0.95", "precision>=0.95") in model.policies and model.coverage
    careful, generous = (
        backend.given(model.name, PAPER, Choice(policy=each)) for each in ("precision-0.95", "recall-0.9")
    )
    assert {label for label, _ in careful.labels} < {label for label, _ in generous.labels}
    small, large = (backend.given(model.name, PAPER, Choice(coverage=each)).labels for each in (0.9, 0.99))
    assert {label for label, _ in small} <= {label for label, _ in large} and large


def test_a_coverage_without_a_useful_set_says_so(backend: Backend) -> None:
    """A text that may be anything gets no set and the reason."""
    found = backend.given(
        backend.models()[0].name, Paper("We study a problem of growing interest."), Choice(coverage=0.99)
    )
    assert found.labels == ()
    assert any("no useful set" in warning for warning in found.warnings)


@pytest.mark.parametrize("kind", ["baseline", "minilm"])
def test_explanations_know_the_month(backend: Backend, kind: str) -> None:
    """A category that arXiv did not have when the paper was filed has probability 0, no logit and no words."""
    name = next(model.name for model in backend.models() if model.name.startswith(f"{kind}/"))
    old = Paper("Scans of organs", date="2012-05")
    (row,) = [row for row in backend.classify(name, old).rows if row.label == "eess.IV"]
    reasons = backend.explain(name, old)
    closed = reasons["eess.IV"]
    assert (row.probability, closed.method, closed.logit, closed.words) == (0, "closed", None, ())
    assert reasons["cs.CV"].logit is not None
    assert backend.explain(name, Paper("Scans of organs"))["eess.IV"].logit is not None


def test_words_that_are_left_out(backend: Backend) -> None:
    """An explanation that leaves words out has no base."""
    name = next(model.name for model in backend.models() if model.name.startswith("minilm/"))
    reasons = backend.explain(name, Paper("Lattice QCD with quarks"))["hep-lat"]
    assert (reasons.method, reasons.base, reasons.others) == ("occlusion", None, 0)
    assert {word.term for word in reasons.words} == {"lattice", "qcd", "with", "quarks"}


def test_visitors_do_not_disturb_one_another(inside: InProcess) -> None:
    """Papers asked of at the same time get what they get one after the other."""
    name = inside.models()[0].name
    papers = [Paper(f"{word} and its scans, {TEXT}") for word in ("Lattice", "Galaxy", "Graph", "Quark")] * 4
    alone = [(inside.classify(name, paper), inside.explain(name, paper)) for paper in papers]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda paper: (inside.classify(name, paper), inside.explain(name, paper)), papers))
    assert together == alone


def test_each_model_has_its_own_threshold(inside: InProcess, server: Server) -> None:
    """The thresholds of categories are those of the model that was asked, in this process and through the API."""
    through = ThroughApi(f"http://127.0.0.1:{server.port}")
    for model in inside.models():
        cuts = {row.label: row.threshold for row in inside.classify(model.name, PAPER).rows}
        assert cuts == {row.label: row.threshold for row in through.classify(model.name, PAPER).rows}
        assert min(cuts.values()) <= model.threshold <= max(cuts.values())


def test_both_say_the_same(inside: InProcess, server: Server) -> None:
    """Whether a model is in this process or behind the API, its probabilities are the same to four decimals."""
    through = ThroughApi(f"http://127.0.0.1:{server.port}")
    name = inside.models()[0].name
    one, other = inside.classify(name, PAPER), through.classify(name, PAPER)
    assert [row.label for row in one.rows[:5]] == [row.label for row in other.rows[:5]]
    assert [row.probability for row in one.rows[:5]] == pytest.approx(
        [row.probability for row in other.rows[:5]], abs=6e-5
    )
    assert [row.threshold for row in one.rows[:5]] == [row.threshold for row in other.rows[:5]]


def test_many_papers(backend: Backend) -> None:
    """More papers than a request may hold come back in their order."""
    papers = [PAPER, Paper("We compute masses in lattice QCD.")] * 100
    given = backend.classify_many(backend.models()[0].name, papers)
    assert [each.labels[0][0] for each in given] == ["cs.CV", "hep-lat"] * 100


def test_a_text_that_can_hardly_be_read_is_warned_of(backend: Backend) -> None:
    """The warnings of a text come with its categories, for one paper and for many."""
    model, short = backend.models()[0].name, Paper("2301.01234")
    assert backend.classify(model, PAPER).warnings == ()
    assert backend.classify(model, short).warnings == (
        PredictionWarning.NO_KNOWN_WORD.sentence,
        PredictionWarning.FEW_WORDS.sentence,
    )
    warnings = [each.warnings for each in backend.classify_many(model, [PAPER, short])]
    assert warnings == [(), backend.classify(model, short).warnings]


def test_without_an_index_there_are_no_similar_papers(backend: Backend) -> None:
    """None, which is not the same as none found; and the page can know beforehand."""
    assert not backend.has_index()
    assert backend.similar(PAPER, count=3) is None


@pytest.mark.parametrize("paper", [Paper(" "), Paper("a" * 20_001), Paper("a", date="9998-01")])
def test_what_cannot_be_read_says_why(backend: Backend, paper: Paper) -> None:
    """A bad paper is an error whose text may be shown."""
    with pytest.raises(InvalidInputError, match=r"blank|20,001 characters|The date 9998-01 lies in the future"):
        backend.classify(backend.models()[0].name, paper)


def test_an_unknown_model(backend: Backend) -> None:
    """A model that is not there is an error."""
    with pytest.raises(ArxivClassifierError, match="no model 'specter'") as caught:
        backend.classify("specter", PAPER)
    assert isinstance(caught.value, ModelNotFoundError | ArxivClassifierError)


def test_a_folder_that_is_no_index_is_told_of(tmp_path: Path) -> None:
    """It is said when the page starts, not when someone asks for similar papers."""
    backend = InProcess(load_settings({"artifacts": Path(__file__).parents[4] / "artifacts"}), index=tmp_path)
    with pytest.raises(ArxivClassifierError, match="index"):
        backend.has_index()


def test_nobody_at_the_address() -> None:
    """The error of an API that does not answer names its address."""
    with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1:9 does not answer"):
        ThroughApi("http://127.0.0.1:9").models()


@pytest.mark.parametrize(("key", "said"), [("", "API_KEY is not set"), ("x", "API_KEY holds a key that it does not")])
def test_an_api_that_asks_for_a_key(key: str, said: str) -> None:
    """The error of an API that requires a key names the setting of the page's operator."""
    refusing = json_server(lambda *_: (401, {"detail": "Send the header Authorization."}))
    with refusing as address, pytest.raises(ConfigurationError, match=f"{said}.* Set API_KEY"):
        ThroughApi(address, key=key).models()


def test_an_address_is_one() -> None:
    """API_URL without a scheme is refused."""
    with pytest.raises(ConfigurationError, match="API_URL"):
        ThroughApi("localhost:8000")


def test_an_empty_file() -> None:
    """A file without papers says what a paper needs. One of which none can be read, what is wrong with the first."""
    with pytest.raises(InvalidInputError, match="no papers"):
        batch.rows_of([], [])
    with pytest.raises(InvalidInputError, match=r"None of the 1 records could be read\. The first, line 2: Blank\."):
        batch.rows_of([], [BadRecord("x", 2, "Blank.")])


def test_a_file_says_when_its_papers_were_filed() -> None:
    """A paper of a file has its month, where that is known."""
    rows = batch.rows_of([Abstract("a", month="2015-03"), Abstract("b")], [])
    assert [row.paper.date for row in rows] == ["2015-03", ""]


def test_records_that_cannot_be_read_keep_their_place() -> None:
    """Each record has its number in the file. A bad one has its reason in place of a paper."""
    bad: list[BadRecord] = []

    def abstracts() -> Iterator[Abstract]:
        yield Abstract("a")
        bad.append(BadRecord("x", 3, "Blank."))
        bad.append(BadRecord("x", 4, "Too long."))
        yield Abstract("b")
        bad.append(BadRecord("x", 6, "Blank."))

    rows = batch.rows_of(abstracts(), bad)
    assert [(row.number, row.paper.abstract, row.error) for row in rows] == [
        *((1, "a", ""), (2, "", "Blank."), (3, "", "Too long."), (4, "b", ""), (5, "", "Blank."))
    ]


def test_a_file_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, the command line is named."""
    monkeypatch.setattr(batch, "MOST", 2)
    with pytest.raises(InvalidInputError, match="arxiv-classifier predict FILE"):
        batch.rows_of([Abstract("a")] * 3, [])


def test_a_batch_is_asked_for_in_parts(inside: InProcess) -> None:
    """Nothing is computed of a part before it is asked for, so who stops asking stops the work."""
    asked = []

    class Counting(InProcess):
        def __init__(self) -> None:
            pass

        def classify_many(self, model: str, papers: Sequence[Paper]) -> list[Given]:
            asked.append(len(papers))
            return inside.classify_many(model, papers)

    failed = batch.Row(1, Paper(""), error="Blank.")
    rows = [failed, *(batch.Row(number, PAPER) for number in range(2, 2 * batch.AT_ONCE + 2))]
    parts = batch.classified(Counting(), inside.models()[0].name, rows)
    first = next(parts)
    assert first[0] == failed
    assert [row.given.labels[0][0] for row in first[1:]] == ["cs.CV"] * (batch.AT_ONCE - 1)
    assert asked == [batch.AT_ONCE - 1]
    assert [len(part) for part in parts] == [batch.AT_ONCE, 1]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_predictions_are_written(tmp_path: Path, format_: str) -> None:
    """Each record has a line, in order, with its number, id and title. A failed one has its reason."""
    rows = [
        batch.Row(1, Paper("a", "A title", 'x,"1"'), Given((("cs.LG", 0.51234), ("cs.CV", 0.4)))),
        batch.Row(2, Paper("b")),
        batch.Row(3, Paper(""), error="The abstract is blank."),
    ]
    lines = batch.written(rows, format_, tmp_path).read_text("utf-8").splitlines()
    if format_ == "jsonl":
        predictions = [{"label": "cs.LG", "probability": 0.5123}, {"label": "cs.CV", "probability": 0.4}]
        assert [json.loads(line) for line in lines] == [
            {"row": 1, "id": 'x,"1"', "title": "A title", "predictions": predictions},
            {"row": 2, "id": None, "title": None, "predictions": []},
            {"row": 3, "id": None, "title": None, "error": "The abstract is blank."},
        ]
    else:
        assert lines == [
            "row,id,title,labels,probabilities,error",
            '1,"x,""1""",A title,cs.LG cs.CV,0.5123 0.4000,',
            "2,,,,,",
            "3,,,,,The abstract is blank.",
        ]


def test_the_template_can_be_read(tmp_path: Path) -> None:
    """The file that the page offers to fill in has two papers that are read without a complaint."""
    (tmp_path / "papers.csv").write_text(batch.TEMPLATE)
    bad: list[BadRecord] = []
    read = container_of(load_settings()).abstracts(tmp_path / "papers.csv", format=None, on_bad_record=bad.append)
    assert [(each.id, each.month) for each in read] == [("paper-1", "2026-06"), ("paper-2", None)]
    assert bad == []


def test_advice_is_the_same_in_both(inside: InProcess, server: Server) -> None:
    """The answer, its words and the opinion on chosen categories are those of the API."""
    through = ThroughApi(f"http://127.0.0.1:{server.port}")
    name = inside.models()[0].name
    one, other = (backend.advise(name, PAPER, "math.AP, eess.IV") for backend in (inside, through))
    assert one == other
    assert one.primary is not None and one.primary.label == "cs.CV"
    assert "segmentation" in one.primary.words
    assert any(line.startswith("Drop math.AP.") for line in one.opinion)


def test_a_chosen_category_that_does_not_exist(backend: Backend) -> None:
    """A name that arXiv does not have is an error that names it."""
    with pytest.raises(ArxivClassifierError, match=r"cs\.XX"):
        backend.advise(backend.models()[0].name, PAPER, "cs.XX")


def test_models_say_which_categories_they_know(backend: Backend) -> None:
    """Each model lists its categories; of one that is no default, names and twins are known too."""
    models = {model.shipped_as: model for model in backend.models()}
    assert [len(models[name].labels) for name in ("baseline", "arxiv")] == [50, 155]
    rows = {row.label: row for row in backend.classify(models["arxiv"].name, PAPER).rows}
    assert rows["q-bio.GN"].name == "Genomics"
    assert rows["cs.IT"].alias == "math.IT"
