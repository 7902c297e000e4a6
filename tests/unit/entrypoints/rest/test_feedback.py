"""POST /api/v1/feedback/: what is kept, what is refused, and that predictions need none of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.label import Label
from entrypoints.rest.http.access import hashed
from tests.examples import own_papers, own_taxonomy
from tests.unit.adapters.feedback_store.database import database
from tests.unit.entrypoints.rest.conftest import TEXT, Call


@pytest.fixture
def feedback(call: Call, options: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Sends feedback to a server that takes it; gives status and answer."""
    options(feedback=True)

    def send(*items: object, **headers: str) -> tuple[int, Any]:
        response = call("POST", "feedback/", {"feedback": list(items)}, **headers)
        return response.status_code, response.json()

    with database(tmp_path / "feedback.sqlite3", monkeypatch):
        yield send


def errors(answer: Any) -> dict[str, str]:
    """Returns the errors by field."""
    return {each["field"]: each["message"] for each in answer["errors"]}


def test_feedback_is_kept(feedback: Call, call: Call) -> None:
    """The answer to a prediction names what feedback refers to. The latest holds."""
    request_id = call("POST", "predict/", {"abstracts": [TEXT, TEXT]})["X-Request-ID"]
    given = {"request_id": request_id, "index": 1, "labels": ["cs.CV", "cs.LG"], "source": "moderator"}
    kept = [{"prediction_id": f"{request_id}:1", "kept": "created"}]
    assert feedback(given) == (200, {"feedback": kept})
    same = {"prediction_id": f"{request_id}:1", "labels": ["cs.CV", "cs.LG"], "source": "moderator"}
    assert feedback(same)[1]["feedback"][0]["kept"] == "unchanged"
    assert feedback({**same, "labels": ["cs.LG"]})[1]["feedback"][0]["kept"] == "replaced"
    from entrypoints.rest.state import state

    store = state().feedback
    assert store is not None
    (held,) = store.latest()
    assert [str(label) for label in held.feedback.labels] == ["cs.LG"]


def test_the_words_may_come_along(feedback: Call) -> None:
    """Feedback may have the paper's title and abstract. An index that is left out is 0."""
    given = {"request_id": "r", "labels": ["hep-th"], "abstract": "string brane", "title": "On branes"}
    assert feedback(given) == (200, {"feedback": [{"prediction_id": "r:0", "kept": "created"}]})


def test_a_title_may_be_null(feedback: Call) -> None:
    """As in a request for predictions, a paper's title may be null."""
    assert feedback({"request_id": "r", "labels": ["hep-th"], "abstract": "string brane", "title": None})[0] == 200


GOOD = {"prediction_id": "r:0", "labels": ["cs.LG"]}


@pytest.mark.parametrize(
    ("item", "field", "said"),
    [
        ({"labels": ["cs.LG"]}, "prediction_id", "missing"),
        ({**GOOD, "prediction_id": "r"}, "prediction_id", "X-Request-ID"),
        ({**GOOD, "prediction_id": "r:01"}, "prediction_id", "X-Request-ID"),
        ({**GOOD, "prediction_id": 3}, "prediction_id", "It is 3"),
        ({**GOOD, "prediction_id": "r:0\n"}, "prediction_id", "X-Request-ID"),
        ({**GOOD, "request_id": "r"}, "prediction_id", "one or the other"),
        ({"request_id": "r s", "labels": ["cs.LG"]}, "request_id", "r s"),
        ({"request_id": "r", "index": -1, "labels": ["cs.LG"]}, "index", "It is -1"),
        ({"request_id": "r", "index": True, "labels": ["cs.LG"]}, "index", "It is true"),
        ({"request_id": "r", "index": None, "labels": ["cs.LG"]}, "index", "It is null"),
        ({"request_id": "r", "index": 10**6, "labels": ["cs.LG"]}, "index", "from 0"),
        ({"prediction_id": GOOD["prediction_id"]}, "labels", "It is missing"),
        ({**GOOD, "labels": []}, "labels", "1 to 50"),
        ({**GOOD, "labels": "cs.LG"}, "labels", "a text"),
        ({**GOOD, "labels": None}, "labels", "null"),
        ({**GOOD, "labels": ["cs.LG"] * 51}, "labels", "51"),
        ({**GOOD, "labels": ["cs.LG", "cs.LG"]}, "labels", "twice"),
        ({**GOOD, "labels": ["cs.LG", "cs.CVV"]}, "labels[1]", "The nearest is cs.CV"),
        ({**GOOD, "labels": ["no category!"]}, "labels[0]", "look like"),
        ({**GOOD, "labels": [7]}, "labels[0]", "a number"),
        ({**GOOD, "abstract": "  "}, "abstract", "blank"),
        ({**GOOD, "abstract": None}, "abstract", "missing"),
        ({**GOOD, "abstract": "a" * 20_001}, "abstract", "20,000"),
        ({**GOOD, "abstract": "a \ud800"}, "abstract", "UTF-8"),
        ({**GOOD, "abstract": "a", "title": 7}, "title", "a number"),
        ({**GOOD, "title": "a"}, "title", "without its abstract"),
        ({**GOOD, "source": "a" * 101}, "source", "100"),
        ({**GOOD, "source": "\ud800"}, "source", "100"),
        ({**GOOD, "source": None}, "source", "null"),
        ({**GOOD, "lables": 1}, "lables", "Did you mean labels?"),
        ({"request_id": "r", "index": 10**400, "labels": ["cs.LG"]}, "index", "from 0"),
        ({**GOOD, "prediction_id": 10**400}, "prediction_id", "X-Request-ID"),
        ({**GOOD, "prediction_id": "\ud800:0"}, "prediction_id", "X-Request-ID"),
        ({**GOOD, "labels": ["\ud800"]}, "labels[0]", "look like"),
        ({**GOOD, "labels": [10**400]}, "labels[0]", "a number"),
        ({**GOOD, "source": 10**400}, "source", "100"),
        ({**GOOD, "abstract": "a", "title": "\ud800"}, "title", "UTF-8"),
        ({**GOOD, "\ud800": 1}, "?", "no such field"),
    ],
)
def test_what_is_wrong_is_named(feedback: Call, item: dict[str, Any], field: str, said: str) -> None:
    """Whatever is wrong with one item is named with its field and index, and nothing of the request is kept."""
    status, answer = feedback({**GOOD, "prediction_id": "other:0"}, item)
    assert status == 400
    assert said in errors(answer)[f"feedback[1].{field}"]
    assert {each["index"] for each in answer["errors"]} == {1}
    from entrypoints.rest.state import state

    assert list(state().feedback.latest()) == []  # type: ignore[union-attr]  # there is one


@pytest.mark.parametrize(
    "body", [{}, {"feedback": []}, {"feedback": {}}, {"feedback": [3]}, {"feedback": [GOOD], "x": 1}]
)
def test_bodies_that_are_none(feedback: Call, call: Call, body: object) -> None:
    """A body without a list of feedback, with none in it or with more is refused."""
    assert call("POST", "feedback/", body).status_code == 400


OWN = {"prediction_id": "r:0", "labels": ["Q1: soil", "physics-dept"]}
BEFORE, AFTER = "2026-11-19T00:00:00+00:00", "2026-11-22T00:00:00+00:00"  # the model with arXiv's categories


def test_labels_of_the_served_model_are_kept(feedback: Call, own_labels: Call, call: Call) -> None:
    """A default model with labels of its own takes feedback with these, and OpenAPI allows any text there."""
    own_labels(AFTER)
    assert feedback(OWN)[0] == 200
    from entrypoints.rest.state import state

    (held,) = state().feedback.latest()  # type: ignore[union-attr]  # there is one
    assert held.feedback.labels == (Label("Q1: soil"), Label("physics-dept"))
    schema = json.loads(call("GET", "schema/").content)["components"]["schemas"]["PaperLabel"]
    assert "enum" not in schema and (schema["minLength"], schema["maxLength"]) == (1, 200)


@pytest.mark.parametrize(
    ("labels", "field", "said"),
    [
        (["Q1: soli"], "labels[0]", "No model here has the label Q1: soli. Did you mean Q1: soil?"),
        (["Q1: soil", "zzz"], "labels[1]", "GET /api/v1/categories/ lists those of the default model."),
        (["Q1: soil", "cs.LG"], "labels[1]", "No model here has the label cs.LG."),
        ([" "], "labels[0]", "is not a label"),
        (["Q1: soil", "Q1: soil"], "labels", "twice"),
    ],
)
def test_other_labels_are_refused(feedback: Call, own_labels: Call, labels: list[str], field: str, said: str) -> None:
    """If the default model has labels of its own, others and arXiv's are refused by name."""
    own_labels(AFTER)
    status, answer = feedback({**OWN, "labels": labels})
    assert status == 400
    assert said in errors(answer)[f"feedback[0].{field}"]


def test_labels_of_a_model_that_requests_name(feedback: Call, own_labels: Call) -> None:
    """Beside a default model of arXiv's categories, labels of another model are taken, but no mixture of both."""
    own_labels(BEFORE)
    assert feedback(OWN)[0] == feedback(GOOD)[0] == 200
    status, answer = feedback({**OWN, "labels": ["Q1: soil", "cs.LG"]})
    assert (status, "one label set" in errors(answer)["feedback[0].labels"]) == (400, True)


def test_hints_are_few(feedback: Call, own_labels: Call) -> None:
    """Ten unknown labels of a request are compared with those there are, so that a request costs no minutes."""
    own_labels(AFTER)
    found = errors(feedback(*({**OWN, "labels": [f"Q1: soi{number}"]} for number in range(20)))[1])
    assert [("Did you mean" in message) for message in found.values()] == [True] * 10 + [False] * 10


def test_exported_feedback_with_own_labels_is_learnt(
    feedback: Call, own_labels: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Papers that feedback gives labels of one's own are exported, and a training learns these labels."""
    from adapters.datasets.paper_lines import write_papers
    from application.export_feedback import ExportFeedback
    from entrypoints.cli.main import main
    from entrypoints.rest.state import state

    own_labels(AFTER)
    papers = own_papers(100)
    texts = [f"{paper.abstract.text} of {number}" for number, paper in enumerate(papers)]
    given = [
        {"prediction_id": f"r:{number}", "labels": [str(label) for label in paper.categories], "abstract": text}
        for number, (paper, text) in enumerate(zip(papers, texts, strict=True))
    ]
    assert feedback(*given)[0] == 200
    with (tmp_path / "reviewed.jsonl").open("wb") as stream:
        write_papers(stream, ExportFeedback(state().feedback, None)(pytest.fail))  # type: ignore[arg-type]  # there is one
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "learnt"))
    assert main(["train", "--dataset", str(tmp_path / "reviewed.jsonl"), "--split-by", "hash"]) == 0
    (manifest,) = (tmp_path / "learnt").glob("fake/*/manifest.json")
    taxonomy = json.loads(manifest.read_text())["taxonomy"]
    assert taxonomy["label_set"] == "own"
    assert {each["id"] for each in taxonomy["categories"]} == set(map(str, own_taxonomy()))


def test_limits_hold(feedback: Call, options: Call) -> None:
    """As many items as abstracts may come at once; keys and rates are those of all requests."""
    options(max_abstracts=2, keys=[hashed("a key")], rate="3/hour")
    assert feedback(GOOD, Authorization="Bearer no key")[0] == 401
    assert feedback(GOOD, GOOD, GOOD, X_API_Key="a key")[0] == 400
    assert feedback(GOOD, X_API_Key="a key")[0] == 200
    assert [feedback(GOOD, X_API_Key="a key")[0] for _ in range(2)] == [200, 429]


def test_it_is_off_by_default(call: Call) -> None:
    """A server that was not told to take feedback says how it could be."""
    answer = call("POST", "feedback/", {"feedback": [GOOD]})
    assert answer.status_code == 404
    assert "ARXIV_CLASSIFIER_API__FEEDBACK" in answer.json()["detail"]


def test_without_its_database_predictions_go_on(
    call: Call, options: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database that is gone makes feedback a 503 that says nothing of it, and predictions are answered."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    options(feedback=True)
    with database(tmp_path / "gone" / "feedback.sqlite3", monkeypatch, migrate=False):
        refused = call("POST", "feedback/", {"feedback": [GOOD]})
        assert (refused.status_code, refused["Retry-After"]) == (503, "5")
        assert refused.json()["type"].endswith("feedback-unavailable")
        assert "gone" not in refused.content.decode()
        assert call("POST", "predict/", {"abstracts": [TEXT]}).status_code == 200
        assert "manage migrate" in capsys.readouterr().err
        (tmp_path / "gone").mkdir()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        assert call("POST", "feedback/", {"feedback": [GOOD]}).status_code == 200


def test_the_start_makes_the_tables(tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with SQLite makes file and tables when it starts, and starting once more changes nothing."""
    from django.conf import settings

    from entrypoints.rest.start_up import prepare_database

    path = tmp_path / "new" / "feedback.sqlite3"
    with database(path, monkeypatch, migrate=False):
        monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(path))
        prepare_database()
        prepare_database()
        from adapters.feedback_store.models import Revision

        assert Revision.objects.count() == 0


def test_a_database_that_cannot_be_made_is_told(
    tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the database cannot be made, the start says so with what to do, and goes on."""
    from django.conf import settings

    from entrypoints.rest.logs import set_up
    from entrypoints.rest.start_up import prepare_database

    set_up("json")
    (tmp_path / "file").write_bytes(b"no database" * 500)
    with database(tmp_path / "file", monkeypatch, migrate=False):
        monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "file"))
        prepare_database()
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["event"], "manage migrate" in line["remedy"]) == ("feedback_not_ready", True)


def test_the_schema_has_feedback(call: Call) -> None:
    """OpenAPI has the endpoint with its limits, categories, both forms of feedback, examples and errors."""
    schema = json.loads(call("GET", "schema/").content)
    operation, components = schema["paths"]["/api/v1/feedback/"]["post"], schema["components"]["schemas"]
    content = operation["requestBody"]["content"]["application/json"]
    items = components["FeedbackRequest"]["properties"]["feedback"]
    assert (items["maxItems"], len(items["items"]["anyOf"]), len(content["examples"])) == (128, 2, 2)
    assert {"cs.LG", "adap-org"} <= set(components["PaperLabel"]["enum"])
    assert {"200", "400", "401", "413", "429", "503"} <= operation["responses"].keys()


def test_an_outage_is_told_once(
    call: Call, options: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a database that fails, the log says so and why once, without tracebacks, and once that it is back."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    options(feedback=True)
    path = tmp_path / "feedback.sqlite3"
    for migrate, status in ((True, 200), (False, 503), (True, 200)):
        path.unlink(missing_ok=True)
        with database(path, monkeypatch, migrate=migrate):
            assert {call("POST", "feedback/", {"feedback": [GOOD]}).status_code for _ in range(3)} == {status}
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    about = [line for line in told if line["event"] not in ("request_finished", "model_loaded")]
    assert [line["event"] for line in about] == ["feedback_not_ready", "feedback_recovered"]
    assert "manage migrate" in about[0]["reason"] and "exception" not in about[0]
    assert [line["status"] for line in told if line["event"] == "request_finished"] == [200] * 3 + [503] * 3 + [200] * 3


def test_a_failure_leaves_no_words_in_the_log(
    call: Call, options: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log of a failing database has no words of the papers that were to be stored."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    options(feedback=True)
    with database(tmp_path / "feedback.sqlite3", monkeypatch, migrate=False):
        assert call("POST", "feedback/", {"feedback": [{**GOOD, "abstract": "Unpublished."}]}).status_code == 503
    said = capsys.readouterr().err
    assert "feedback_not_ready" in said and "Unpublished." not in said
