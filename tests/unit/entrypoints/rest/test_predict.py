"""POST /api/v1/predict/: the contract that clients rely on, and what was added to it."""

import json
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.model_bundle import StoredModel
from domain.prediction import PredictionBatch
from entrypoints.registry import CLASSIFIERS
from tests.examples import own_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.strategies import examples
from tests.unit.entrypoints.rest.conftest import TEXT, Call


def test_the_contract(predict: Call, stored: StoredModel) -> None:
    """Results hold a preview and predictions of label and probability, sorted, with the bundle's version beside."""
    status, answer = predict(TEXT, threshold=0)
    (result,) = answer["results"]
    assert status == 200
    assert answer.keys() == {"results", "model_version"}
    assert answer["model_version"] == stored.version
    assert result["abstract_preview"] == TEXT
    assert result["predictions"][0]["label"] == "cs.CV"
    assert all(entry.keys() == {"label", "probability"} for entry in result["predictions"])
    probabilities = [entry["probability"] for entry in result["predictions"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(probabilities) == 5


def test_without_a_threshold_the_models_own_hold(predict: Call) -> None:
    """A paper for which no category passes gets its most probable one. With a threshold given it gets none."""
    assert len(predict("unheard")[1]["results"][0]["predictions"]) >= 1
    assert predict("unheard", threshold=0.99)[1]["results"][0]["predictions"] == []


def test_items_may_be_papers(predict: Call) -> None:
    """An item may be an object with id, title and abstract. Its id comes back."""
    _, answer = predict(
        {"id": "2101.1", "title": "On pixels", "abstract": "camera"}, {"abstract": "brane", "title": None}
    )
    assert [result.get("id") for result in answer["results"]] == ["2101.1", None]
    assert "id" not in answer["results"][1]
    assert [result["predictions"][0]["label"] for result in answer["results"]] == ["cs.CV", "hep-th"]


def test_top_k(predict: Call) -> None:
    """`top_k` categories are given. With a threshold, they are at most that number of those that reach it."""
    assert len(predict(TEXT, threshold=0, top_k=2)[1]["results"][0]["predictions"]) == 2
    assert len(predict(TEXT, top_k=5)[1]["results"][0]["predictions"]) == 5
    assert len(predict(TEXT, threshold=0.5, top_k=5)[1]["results"][0]["predictions"]) == 1


def test_a_long_abstract_has_a_short_preview(predict: Call) -> None:
    """A preview is the first hundred characters."""
    assert predict("image " * 100)[1]["results"][0]["abstract_preview"] == ("image " * 17)[:100] + "..."


def test_a_text_that_can_hardly_be_read_has_warnings(predict: Call) -> None:
    """A result has code and sentence of what is the matter with its text, and no field where nothing is."""
    _, answer = predict("image camera segmentation pixels", "Мы изучаем камеры и изображения", "image")
    fine, russian, short = answer["results"]
    assert "warnings" not in fine
    assert [warning["code"] for warning in russian["warnings"]] == ["no_known_word", "other_script"]
    sentence = "The text has fewer than four words. Give the whole abstract."
    assert short["warnings"] == [{"code": "few_words", "message": sentence}]
    assert list(short) == ["abstract_preview", "predictions", "warnings"]


def test_explanations(predict: Call) -> None:
    """Each label says which words its probability comes from."""
    entry = predict(TEXT, explain=True)[1]["results"][0]["predictions"][0]
    assert entry["explanation"]["method"] == "occlusion"
    assert {term["term"] for term in entry["explanation"]["terms"]} == set(TEXT.split())


def test_a_closed_category_is_explained_by_the_month(predict: Call) -> None:
    """A category that arXiv did not have in the paper's month has probability 0, no logit and no words."""
    paper = {"abstract": TEXT, "date": "1991-08"}
    given = predict(paper, threshold=0, explain=True)[1]["results"][0]["predictions"]
    closed = [entry["explanation"] for entry in given if entry["probability"] == 0]
    assert closed == [{"method": "closed", "logit": None, "terms": []}] * len(closed)
    assert 0 < len(closed) < len(given)


def test_labels_of_ones_own(predict: Call, own_labels: Call) -> None:
    """A model of labels that are not arXiv's gives and explains them like any other."""
    own_labels("2026-11-21T10:11:12+00:00")
    given = predict(TEXT, threshold=0, explain=True)[1]["results"][0]["predictions"]
    assert {entry["label"] for entry in given} == set(map(str, own_taxonomy()))
    assert given[0]["label"] == 'Boden & Ökologie "neu"'
    assert {term["term"] for term in given[0]["explanation"]["terms"]} == set(TEXT.split())


def test_a_bad_item_leaves_the_others(predict: Call) -> None:
    """An item that cannot be read gets an error with field and index, in its place. The others get categories."""
    status, answer = predict(TEXT, "  ", {"abstract": "brane", "titel": "x"}, 7, "string brane")
    assert status == 200
    errors = [result.get("error") for result in answer["results"]]
    assert [error and (error["field"], error["index"]) for error in errors] == [
        None,
        ("abstracts[1].abstract", 1),
        ("abstracts[2].titel", 2),
        ("abstracts[3].abstract", 3),
        None,
    ]
    assert "Did you mean title?" in errors[2]["message"]
    assert answer["results"][4]["predictions"][0]["label"] == "hep-th"


@pytest.mark.parametrize(("given", "found"), [("x" * 1001, "It has 1,001 characters"), (7, "It is a number")])
def test_an_id_that_does_not_do(predict: Call, given: object, found: str) -> None:
    """The error of an id belongs to its item."""
    _, answer = predict({"id": given, "abstract": TEXT}, TEXT)
    assert answer["results"][0]["error"]["message"].startswith(found)


def test_a_paper_may_say_when_it_was_filed(predict: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its date, a month or a day, or else by its arXiv identifier. A text says no month."""
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.dated_classifier:DatedFamily")
    papers: list[dict[str, object]] = [
        {"date": "2015-03"},
        {"date": "2014-11-30", "id": "1504.00001"},
        {"id": "1504.00001"},
        {},
        {"date": None},
    ]
    _, answer = predict(*({"abstract": TEXT, **paper} for paper in papers), TEXT, top_k=1)
    found = [result["predictions"][0]["probability"] for result in answer["results"]]
    assert found == [0.03, 0.11, 0.04, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1985-03", "The date 1985-03 is before arXiv began in 1991-07. Give the month in which the paper was filed."),
        ("2027-01", "The date 2027-01 lies in the future. Give one up to 2026-11."),
        ("2026-11-30", "The date 2026-11-30 lies in the future. Give one up to 2026-11-29."),
        ("2015-02-30", "The date is '2015-02-30'. Write YYYY-MM or YYYY-MM-DD."),
        ("March 2015", 'It is "March 2015". Send YYYY-MM, YYYY-MM-DD, or null.'),
        (201503, "It is 201503. Send YYYY-MM, YYYY-MM-DD, or null."),
    ],
)
def test_a_date_that_cannot_be(predict: Call, given: object, message: str) -> None:
    """A date that is none, before arXiv or later than the server's clock is an error of its item, with its field."""
    from entrypoints.rest.state import state

    state().container.clock.override(lambda: datetime(2026, 11, 28, 12, tzinfo=UTC))
    _, answer = predict({"date": given, "abstract": TEXT}, TEXT)
    assert answer["results"][0]["error"] == {"field": "abstracts[0].date", "message": message, "index": 0}
    assert "predictions" in answer["results"][1]


HUGE = 10**400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"abstracts": ["a"], "threshold": HUGE}, "threshold"),
        ({"abstracts": ["a"], "threshold": -HUGE}, "threshold"),
        ({"abstracts": ["a"], "top_k": HUGE}, "top_k"),
        ({"abstracts": ["a"], "top_k": -HUGE}, "top_k"),
        ({"abstracts": HUGE}, "abstracts"),
        ({"abstracts": ["a"], "explain": HUGE}, "explain"),
        ({"abstracts": ["a"], "model": HUGE}, "model"),
        ({"abstracts": ["a"], "on_error": HUGE}, "on_error"),
        ({"abstracts": [HUGE]}, "abstracts[0].abstract"),
        ({"abstracts": [{"abstract": "a", "id": HUGE}]}, "abstracts[0].id"),
        ({"abstracts": ["a"], "model": "\ud800"}, "model"),
        ({"abstracts": ["a"], "on_error": "\ud800"}, "on_error"),
        ({"abstracts": ["a"], "threshold": "\ud800"}, "threshold"),
        ({"abstracts": ["a"], "\ud800": 1}, "?"),
    ],
)
def test_numbers_and_texts_that_no_machine_holds(call: Call, body: object, field: str) -> None:
    """A number of four hundred digits and half of a surrogate pair are errors of their field."""
    response = call("POST", "predict/", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_a_number_beyond_every_float(call: Call) -> None:
    """A number that a float takes for infinite is an error of its field."""
    for name in ("threshold", "top_k"):
        response = call("POST", "predict/", f'{{"abstracts": ["a"], "{name}": 1e999}}'.encode())
        assert (response.status_code, response.json()["errors"][0]["field"]) == (400, name)


@pytest.mark.parametrize("value", [[[[[]]]], {"a": {"b": 1}}])
def test_a_value_of_many_parts_is_named_by_its_kind(call: Call, value: object) -> None:
    """An answer repeats no list or object of a request."""
    problem = call("POST", "predict/", {"abstracts": ["a"], "threshold": value}).json()
    assert problem["errors"][0]["message"].startswith(("It is a list.", "It is an object."))


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"id": "\ud800", "abstract": TEXT}, "id"),
        ({"title": "On \udc00", "abstract": TEXT}, "title"),
        ({"abstract": "\ud800"}, "abstract"),
        ({"abstract": TEXT, "\ud800": 1}, "?"),
        ("\ud800", "abstract"),
    ],
)
def test_half_a_surrogate_pair_is_an_error_of_its_item(predict: Call, item: object, field: str) -> None:
    """Text that UTF-8 cannot hold is an error of its item, and the neighbours are answered."""
    status, answer = predict(TEXT, item, TEXT)
    assert status == 200
    error = answer["results"][1]["error"]
    assert error["field"] == f"abstracts[1].{field}"
    assert ("no such field" if field == "?" else "not valid UTF-8") in error["message"]
    assert [result["predictions"][0]["label"] for result in answer["results"][::2]] == ["cs.CV", "cs.CV"]


def test_all_errors_of_a_request_are_told(call: Call) -> None:
    """Each field that does not do is named, not the first alone."""
    problem = call("POST", "predict/", {"abstracts": [], "threshold": 2, "top_k": "many"}).json()
    assert [error["field"] for error in problem["errors"]] == ["abstracts", "threshold", "top_k"]


def test_a_whole_number_may_be_written_with_a_point(predict: Call) -> None:
    """2.0 is a whole number in JSON."""
    assert predict(TEXT, threshold=0, top_k=2.0) == predict(TEXT, threshold=0, top_k=2)


def test_all_or_nothing(predict: Call) -> None:
    """With on_error fail, one bad item fails the request and is named."""
    status, problem = predict(TEXT, "", on_error="fail")
    assert status == 400
    assert problem["errors"] == [
        {"field": "abstracts[1].abstract", "index": 1, "message": "The abstract is blank. Send its text."}
    ]


def test_nothing_readable_is_an_error(predict: Call) -> None:
    """If no item can be read, the request is refused, with all errors."""
    status, problem = predict("", None)
    assert status == 400
    assert [error["index"] for error in problem["errors"]] == [0, 1]
    assert "There is 1 more error." in problem["detail"]
    _, problem = predict("", None, "")
    assert "There are 2 more errors." in problem["detail"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "abstracts", "missing"),
        ({"abstracts": []}, "abstracts", "empty"),
        ({"abstracts": "text"}, "abstracts", "a text"),
        ({"abstracts": ["a"] * 129}, "abstracts", "129; the limit is 128"),
        ({"abstracts": ["a"], "threshold": 1.5}, "threshold", "from 0 to 1"),
        ({"abstracts": ["a"], "threshold": True}, "threshold", "from 0 to 1"),
        ({"abstracts": ["a"], "top_k": -1}, "top_k", "whole number"),
        ({"abstracts": ["a"], "top_k": 1.5}, "top_k", "whole number"),
        ({"abstracts": ["a"], "explain": "yes"}, "explain", "true or false"),
        ({"abstracts": ["a"], "model": "../secret"}, "model", "kind"),
        ({"abstracts": ["a"], "on_error": "stop"}, "on_error", "fail"),
        ({"abstracts": ["a"], "treshold": 0.5}, "treshold", "Did you mean threshold?"),
        ({"abstracts": ["a" * 20_001]}, "abstracts[0].abstract", "20,001 characters; the limit is 20,000"),
        ({"abstracts": [{"abstract": "a", "title": "t" * 20_001}]}, "abstracts[0].title", "20,001"),
        ({"abstracts": [{"abstract": "a", "id": 3}]}, "abstracts[0].id", "a number"),
        ({"abstracts": ["\ud800"]}, "abstracts[0].abstract", "UTF-8"),
    ],
)
def test_errors_name_the_field(call: Call, body: object, field: str, words: str) -> None:
    """A value that does not do is a problem document that names its field and what would do."""
    response = call("POST", "predict/", body)
    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert problem["errors"][0]["field"] == field
    assert words in problem["errors"][0]["message"]
    assert problem["instance"] == "/api/v1/predict/"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty"),
        (b"{", "line 1, column 2"),
        (b"[1]", "a list, not an object"),
        (b'{"abstracts": ["\xff"]}', "not UTF-8 at byte 17"),
        (b'{"abstracts": [NaN]}', "NaN is no JSON number"),
        (b'{"abstracts": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"abstracts": [' + b"9" * 5000 + b"]}", "too many digits"),
    ],
    ids=["empty", "cut", "list", "utf-8", "nan", "deep", "digits"],
)
def test_a_body_that_is_no_request(call: Call, body: bytes, words: str) -> None:
    """The error of an unreadable body names the place."""
    response = call("POST", "predict/", body)
    assert response.status_code == 400
    assert words in response.json()["detail"]


@pytest.mark.parametrize("value", [{"threshold": None}, {"top_k": None}, {"model": None}, {"explain": None}])
def test_null_is_the_default(predict: Call, value: dict[str, object]) -> None:
    """A field that is null is as if it were not there."""
    assert predict(TEXT, **value) == predict(TEXT)


def test_a_named_model(predict: Call, stored: StoredModel) -> None:
    """`model` may be the kind or kind/version. Another name is a 404 that says where they are listed."""
    assert predict(TEXT, model="fake") == predict(TEXT, model=stored.name) == predict(TEXT)
    status, problem = predict(TEXT, model="specter")
    assert status == 404
    assert "/api/v1/models/" in problem["detail"]


@pytest.mark.parametrize("place", ["secret/model", "store/other"])
def test_a_bundle_that_is_not_listed(
    predict: Call, call: Call, stored: StoredModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A request reaches no bundle that /api/v1/models/ does not list: none below the working folder, none at a path."""
    shutil.copytree(stored.folder, tmp_path / place)
    monkeypatch.chdir(tmp_path)
    assert place not in [each["model"] for each in call("GET", "models/").json()["models"]]
    assert predict(TEXT, model=place)[0] == 404
    monkeypatch.chdir(tmp_path / "store")
    assert predict(TEXT, model="other")[0] == 404


def test_lines(call: Call) -> None:
    """A client that accepts NDJSON gets a line for each item, in order, with its error if it has one."""
    response = call("POST", "predict/", {"abstracts": [TEXT, "", "brane"]}, Accept="application/x-ndjson")
    lines = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert response["Content-Type"] == "application/x-ndjson"
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert lines[1]["error"]["index"] == 1
    assert lines[2]["predictions"][0]["label"] == "hep-th"


@pytest.mark.parametrize(
    ("accept", "lines"),
    [
        ("application/x-ndjson", True),
        ("Application/X-NDJSON, application/json;q=0.9", True),
        ("application/x-ndjson;q=0.5, */*;q=0.1", True),
        ("application/x-ndjson;q=0", False),
        ("application/json, application/x-ndjson;q=0.5", False),
        ("application/x-ndjson-not", False),
        ("*/*", False),
        (";q=;, ,", False),
    ],
)
def test_lines_are_for_who_wants_them(call: Call, accept: str, lines: bool) -> None:
    """A client gets the form that it prefers, and JSON if it does not name lines."""
    response = call("POST", "predict/", {"abstracts": [TEXT]}, Accept=accept)
    assert response["Content-Type"] == ("application/x-ndjson" if lines else "application/json")


def test_what_fails_between_lines_is_told(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says so without a word of the error. The log has its traceback and then the request's line."""
    from entrypoints.rest import answers
    from entrypoints.rest.logs import set_up

    set_up("json")

    def fail(*_: object) -> None:
        raise KeyError("/home/ann/secret")

    monkeypatch.setattr(answers, "predictions", fail)
    headers = {"Accept": "application/x-ndjson", "X_Request_ID": "abc"}
    response = call("POST", "predict/", {"abstracts": [TEXT]}, **headers)
    (line,) = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    problem = line["problem"]
    assert (problem["status"], problem["instance"], problem["request_id"]) == (500, "/api/v1/predict/", "abc")
    assert "secret" not in json.dumps(line)
    failed, finished = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")][-2:]
    assert (failed["event"], failed["request_id"]) == ("request_failed", "abc")
    assert "secret" in failed["exception"]
    assert (finished["event"], finished["request_id"], finished["abstracts"]) == ("request_finished", "abc", 1)


def test_the_time_of_lines_is_that_of_all(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log tells how long an answer in lines took, and not how long it took to begin it."""
    from entrypoints.rest import answers
    from entrypoints.rest.logs import set_up

    set_up("json")

    def predictions(*_: object) -> list[list[object]]:
        time.sleep(0.2)
        return [[]]

    monkeypatch.setattr(answers, "predictions", predictions)
    response = call("POST", "predict/", {"abstracts": [TEXT]}, Accept="application/x-ndjson")
    b"".join(response.streaming_content)
    finished = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert finished["milliseconds"] >= 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"abstracts": ["a"], "threshold": 0.1, "threshold": 0.9}',
        b'{"abstracts": [{"abstract": "a", "abstract": "b"}]}',
    ],
)
def test_a_name_that_stands_twice(call: Call, body: bytes) -> None:
    """A request with a repeated name is refused, because either value could be meant."""
    response = call("POST", "predict/", body)
    assert response.status_code == 400
    assert "twice" in response.json()["detail"]


def test_a_million_unknown_fields_are_refused_at_once(call: Call) -> None:
    """Names alike are looked for only for those fields that the answer names."""
    body = json.dumps({f"a{number}": 0 for number in range(200_000)}).encode()
    started = time.process_time()
    response = call("POST", "predict/", body)
    assert time.process_time() - started < 5
    assert len(response.json()["errors"]) == 10


def test_many_items_keep_their_order(predict: Call) -> None:
    """More items than are predicted at once come back in their order."""
    texts = [f"{word} {number}" for number in range(50) for word in ("image", "brane")]
    results = predict(*texts)[1]["results"]
    assert [result["abstract_preview"] for result in results] == texts
    assert [result["predictions"][0]["label"] for result in results] == ["cs.CV", "hep-th"] * 50


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["abstracts", "threshold", "top_k", "explain", "model", "on_error"])


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(FIELDS, JSON, max_size=5) | JSON)
def test_any_json_is_answered(call: Call, body: Any) -> None:
    """Whatever JSON is sent, the answer is a result, or a problem document that is no fault of the server's."""
    response = call("POST", "predict/", body)
    assert response.status_code in (200, 400, 404)
    assert response.status_code == 200 or response.json()["status"] == response.status_code


@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60))
def test_any_bytes_are_answered(call: Call, body: bytes) -> None:
    """Whatever bytes are sent, the request is refused politely."""
    assert call("POST", "predict/", body).status_code == 400


def test_too_slow(call: Call, options: Call) -> None:
    """A request that computes for longer than the limit is given up, and says so."""
    options(time_limit=1e-9)
    response = call("POST", "predict/", {"abstracts": [TEXT]})
    assert response.status_code == 503
    assert "took more than 1e-09 seconds" in response.json()["detail"]
    lines = call("POST", "predict/", {"abstracts": [TEXT]}, Accept="application/x-ndjson")
    assert b"too-slow" in b"".join(lines.streaming_content)


def test_the_limit_comes_before_each_paper(call: Call, options: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four papers that are read together, none is begun after the limit."""
    begun: list[float] = []

    def predict(
        self: FakeClassifier, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on
    ) -> PredictionBatch:
        def slowly() -> None:
            checkpoint()
            begun.append(time.monotonic())
            time.sleep(0.3)

        return whole(self, abstracts, checkpoint=slowly)

    whole = FakeClassifier.predict
    monkeypatch.setattr(FakeClassifier, "predict", predict)
    options(time_limit=0.5)
    assert call("POST", "predict/", {"abstracts": [TEXT] * 4}).status_code == 503
    assert 1 <= len(begun) <= 2


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [([10] * 40, [32, 8]), ([20_000] * 5, [2, 2, 1]), ([20_000, 10, 10], [3]), ([10], [1])],
)
def test_long_papers_are_read_few_at_a_time(sizes: list[int], parts: list[int]) -> None:
    """A baseline reads 32 papers, or some 50,000 characters, between two looks at the limit."""
    from entrypoints.rest.answers import in_parts
    from entrypoints.rest.fields import Limits
    from entrypoints.rest.requests import read_predict

    body = json.dumps({"abstracts": ["x" * size for size in sizes]}).encode()
    asked = read_predict(body, Limits(128, 20_000, "2026-11-29"))
    baseline: Any = SimpleNamespace(
        model=SimpleNamespace(stored=SimpleNamespace(card=SimpleNamespace(kind="baseline")))
    )
    assert [len(part) for part in in_parts(asked, baseline)] == parts
