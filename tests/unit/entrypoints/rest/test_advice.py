"""POST /api/v1/advise/."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.model_bundle import StoredModel

Call = Callable[..., Any]
TEXT = "image camera segmentation of pixels with detection, which we study and show results for a new method"


def test_advice_is_given(call: Call, stored: StoredModel) -> None:
    """The answer names primary category, words, verdicts on those chosen, and the model."""
    response = call("POST", "advise/", {"title": "Images", "abstract": TEXT, "chosen": ["cs.CV", "math.AP"]})
    found = response.json()
    assert response.status_code == 200
    assert found["primary"]["category"] == "cs.CV"
    assert found["primary"]["reasons"]
    assert found["answer"].startswith("Primary: cs.CV.")
    assert [each["verdict"] for each in found["opinion"][:2]] == ["keep", "no opinion"]
    assert found["outside"] is False
    assert found["model_version"] == stored.version
    assert response.headers["X-Model-Version"] == stored.name


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"title": "Images"}, "abstract", "missing"),
        ({"abstract": " "}, "abstract", "blank"),
        ({"abstract": TEXT, "chosen": ["cs.CX"]}, "chosen[0]", "no cs.CX"),
        ({"abstract": TEXT, "chosen": ["cs.CV cs.LG"]}, "chosen[0]", "no category"),
        ({"abstract": TEXT, "chosen": "cs.CV"}, "chosen", "Send a list"),
        ({"abstract": TEXT, "chosen": ["cs.CV"] * 21}, "chosen", "one to 20"),
        ({"abstract": TEXT, "date": "2999-01"}, "date", "future"),
        ({"abstract": TEXT, "date": "May"}, "date", "YYYY-MM"),
        ({"abstract": TEXT, "choosen": []}, "choosen", "chosen"),
    ],
)
def test_each_mistake_is_told_with_its_field(call: Call, body: dict[str, object], field: str, said: str) -> None:
    """A field that cannot be read is named, with what to send."""
    response = call("POST", "advise/", body)
    errors = response.json()["errors"]
    assert response.status_code == 400
    assert any(each["field"] == field and said in each["message"] for each in errors), errors


def test_a_body_that_is_no_object_is_shown_what_to_send(call: Call) -> None:
    """The message shows an object with title and abstract."""
    response = call("POST", "advise/", b"[]")
    assert response.status_code == 400
    assert '{"title": "...", "abstract": "..."}' in response.json()["detail"]


def test_a_model_with_labels_of_its_own_gives_no_advice(call: Call, own_labels: Callable[[str], StoredModel]) -> None:
    """Such a model is refused with the reason."""
    name = own_labels("2027-01-01T00:00:00+00:00").name
    response = call("POST", "advise/", {"abstract": TEXT, "model": name})
    assert response.status_code == 400
    assert "labels of its own" in response.json()["detail"]


def test_an_unknown_model_is_told(call: Call) -> None:
    """A model that is not there is a problem of its own."""
    response = call("POST", "advise/", {"abstract": TEXT, "model": "specter"})
    assert (response.status_code, response.json()["type"]) == (404, "urn:arxiv-classifier:problem:unknown-model")


def test_the_route_asks_for_a_key(call: Call, options: Callable[..., None]) -> None:
    """With keys set, a request without one is refused."""
    options(keys=["0" * 64])
    assert call("POST", "advise/", {"abstract": TEXT}).status_code == 401


def test_openapi_describes_it(call: Call) -> None:
    """The document has the route with its request and its answer."""
    document = call("GET", "schema/").json()
    operation = document["paths"]["/api/v1/advise/"]["post"]
    schemas = document["components"]["schemas"]
    assert operation["operationId"] == "advise"
    assert {"abstract", "title", "chosen", "date", "model"} <= schemas["AdviceRequest"]["properties"].keys()
    assert {"primary", "cross_lists", "outside", "opinion"} <= schemas["Advice"]["properties"].keys()
