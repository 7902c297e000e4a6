"""Variants of a model: the choice of a variant, its headers and log, and shadows."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import ConfigurationError
from domain.model_bundle import StoredModel
from domain.prediction import PredictionBatch
from entrypoints.rest.http.access import hashed
from entrypoints.rest.options import api_options
from tests.examples import small_card
from tests.fakes.classifier import FakeClassifier
from tests.unit.entrypoints.rest.conftest import TEXT, Call
from tests.waiting import until

BODY = {"abstracts": [TEXT, "", "string brane"]}


@pytest.fixture
def challenger(store: FilesystemModelStore, trained: FakeClassifier, stored: StoredModel) -> StoredModel:
    """A second version beside `stored`."""
    store.save(small_card("fake", created="2026-11-21T10:11:12+00:00"), trained.save)
    (found,) = [each for each in store.list() if each.version != stored.version]
    return found


@pytest.fixture
def variants(options: Call, stored: StoredModel, challenger: StoredModel, tmp_path: Path) -> Callable[..., None]:
    """Sets an experiment of both versions up, with a log; variants are changed by what is given."""

    def set_(**changes: dict[str, object]) -> None:
        both = {
            "champion": {"model": stored.name, "weight": 50},
            "challenger": {"model": challenger.name, "weight": 50},
        }
        options(variants={**both, **changes}, prediction_log=str(tmp_path / "log"))

    return set_


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Ends the threads that a test has begun."""
    yield
    from entrypoints.rest.state import state

    if state.cache_info().currsize and state().routing:
        state().routing.close()  # type: ignore[union-attr]  # just looked


def logged(folder: Path) -> list[dict[str, Any]]:
    """The lines of the log, once what waits is written."""
    from entrypoints.rest.state import state

    routing = state().routing
    assert routing is not None
    routing.close()
    return [json.loads(line) for file in sorted((folder / "log").glob("*")) for line in file.read_bytes().splitlines()]


def exposition() -> str:
    """Returns the text of /metrics."""
    from entrypoints.rest import metrics

    return metrics.exposition().decode()


def count(name: str, **labels: str) -> float:
    """The sum of a metric's values that have some labels."""
    lines = [line for line in exposition().splitlines() if line.startswith(name)]
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    return sum(float(line.rpartition(" ")[2]) for line in lines if all(each in line for each in wanted))


def test_without_variants_nothing_is_said(call: Call) -> None:
    """Without variants an answer has no header of them, whatever a request asks for."""
    response = call("POST", "predict/", BODY, X_Model_Variant="challenger", X_Request_Key="k")
    assert response.status_code == 200
    assert "X-Model-Variant" not in response


def test_requests_are_shared_and_stick(
    call: Call, variants: Call, stored: StoredModel, challenger: StoredModel
) -> None:
    """Of many keys about half get each version. The same key gets the same one, also after a restart."""
    variants()
    first = [call("POST", "predict/", BODY, X_Request_Key=f"key {n}")["X-Model-Variant"] for n in range(60)]
    variants()
    again = call("POST", "predict/", BODY, X_Request_Key="key 7")
    assert again["X-Model-Variant"] == first[7]
    assert again["X-Model-Version"] == {"champion": stored, "challenger": challenger}[first[7]].name
    assert again.json()["model_version"] == again["X-Model-Version"].partition("/")[2]
    assert 15 <= first.count("champion") <= 45


def test_without_a_key_of_its_own_a_client_sticks(call: Call, variants: Call, options: Call) -> None:
    """Requests of one address stick together, and where keys are asked for, those of one API key."""
    variants()
    assert len({call("POST", "predict/", BODY)["X-Model-Variant"] for _ in range(10)}) == 1
    keys = [f"a key of forty characters, number {number}" for number in range(20)]
    options(keys=[hashed(key) for key in keys])
    by_key = [{call("POST", "predict/", BODY, X_API_Key=key)["X-Model-Variant"] for _ in range(3)} for key in keys]
    assert {len(each) for each in by_key} == {1}
    assert set.union(*by_key) == {"champion", "challenger"}


def test_a_variant_can_be_forced(call: Call, variants: Call) -> None:
    """The header names who answers, one without weight too. A shadow or an unknown name is refused with those."""
    variants(dark={"model": "fake", "shadow": True}, idle={"model": "fake", "weight": 0})
    for name in ("champion", "challenger", "idle"):
        assert call("POST", "predict/", BODY, X_Model_Variant=name)["X-Model-Variant"] == name
    for name in ("nobody", "dark"):
        refused = call("POST", "predict/", BODY, X_Model_Variant=name)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "X-Model-Variant")
        assert "Those that do: champion, challenger, idle." in refused.json()["detail"]


def test_a_named_model_is_outside(call: Call, variants: Call, stored: StoredModel, tmp_path: Path) -> None:
    """A request that names a model gets it and no variant. One that names both is refused."""
    variants()
    answer = call("POST", "predict/", {**BODY, "model": stored.name})
    assert answer.status_code == 200
    assert "X-Model-Variant" not in answer
    assert call("POST", "predict/", {**BODY, "model": "fake"}, X_Model_Variant="champion").status_code == 400
    assert {(line["variant"], line["assignment"]) for line in logged(tmp_path)} == {(None, "none")}


def test_lines_have_the_header_too(call: Call, variants: Call, tmp_path: Path) -> None:
    """A streamed answer names its variant, and its predictions are logged under their places."""
    variants()
    answer = call("POST", "predict/", {"abstracts": [TEXT] * 40}, Accept="application/x-ndjson", X_Request_ID="lines")
    assert answer["X-Model-Variant"] in ("champion", "challenger")
    assert len(b"".join(answer.streaming_content).splitlines()) == 40
    assert [line["prediction_id"] for line in logged(tmp_path)] == [f"lines:{number}" for number in range(40)]


def test_the_log_says_what_was_predicted(call: Call, variants: Call, tmp_path: Path, stored: StoredModel) -> None:
    """A line has what the model's own thresholds give, whatever the request asked for, and none of the words."""
    variants()
    body = {**BODY, "threshold": 0.999, "top_k": 1}
    call("POST", "predict/", body, X_Request_ID="r1", X_Model_Variant="champion")
    lines = logged(tmp_path)
    assert [line["prediction_id"] for line in lines] == ["r1:0", "r1:2"]
    first = lines[0]
    assert (first["variant"], first["assignment"], first["model"]) == ("champion", "forced", stored.name)
    assert first["labels"][0]["label"] == "cs.CV"
    assert len(first["top"]) == 5 and first["milliseconds"] > 0
    assert TEXT not in json.dumps(lines)


def test_requests_go_on_without_the_log(
    call: Call, variants: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the log cannot be written, requests are answered, predictions counted, and it is said once."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    (tmp_path / "log").write_text("a file where the folder should be")
    variants()
    before = count("arxiv_classifier_predictions_unlogged_total")
    assert {call("POST", "predict/", BODY).status_code for _ in range(5)} == {200}
    from entrypoints.rest.state import state

    state().routing.close()  # type: ignore[union-attr]  # there is one
    assert count("arxiv_classifier_predictions_unlogged_total") - before == 10
    assert capsys.readouterr().err.count("prediction_log_failed") == 1


def test_metrics_and_log_lines_name_the_variant(
    call: Call, variants: Call, stored: StoredModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Requests, times and categories are counted by variant. The request's line has variant and model."""
    from entrypoints.rest.logs import set_up

    set_up("json")
    variants()
    labels = {"variant": "champion", "version": stored.version, "assignment": "forced"}
    before = count("arxiv_classifier_variant_requests_total", **labels)
    call("POST", "predict/", BODY, X_Model_Variant="champion")
    logged(tmp_path)
    assert count("arxiv_classifier_variant_requests_total", **labels) - before == 1
    assert count("arxiv_classifier_variant_seconds_count", variant="champion") >= 2
    assert count("arxiv_classifier_variant_predictions_total", variant="champion", category="cs.CV") >= 1
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if "path" in line]
    assert (line["variant"], line["assignment"], line["model"]) == ("champion", "forced", stored.name)


def test_a_variant_without_its_model_is_stood_in_for(
    call: Call, variants: Call, challenger: StoredModel, tmp_path: Path
) -> None:
    """If a variant's model is gone, another answers and says so. The log tells it from one that was drawn."""
    variants(champion={"model": "fake", "weight": 0.0001})
    shutil.rmtree(challenger.folder)
    answer = call("POST", "predict/", BODY)
    assert (answer.status_code, answer["X-Model-Variant"]) == (200, "champion")
    assert {line["assignment"] for line in logged(tmp_path)} == {"fallback"}


def test_without_any_model_it_is_a_503(
    call: Call, variants: Call, stored: StoredModel, challenger: StoredModel
) -> None:
    """If no variant can be loaded, the request is refused as where the default model cannot."""
    variants()
    for each in (stored, challenger):
        shutil.rmtree(each.folder)
    assert call("POST", "predict/", BODY).status_code == 503


def test_a_shadow_gets_copies(call: Call, variants: Call, tmp_path: Path) -> None:
    """A shadow predicts what others answer, under the same ids; what was forced or named is not copied."""
    variants(dark={"model": "fake", "shadow": True})
    call("POST", "predict/", BODY, X_Request_ID="r1")
    call("POST", "predict/", BODY, X_Request_ID="r2", X_Model_Variant="champion")
    until(lambda: count("arxiv_classifier_variant_requests_total", variant="dark", assignment="shadow") >= 1)
    lines = logged(tmp_path)
    assert [line["prediction_id"] for line in lines if line["shadow"]] == ["r1:0", "r1:2"]
    assert sorted({line["prediction_id"] for line in lines}) == ["r1:0", "r1:2", "r2:0", "r2:2"]


def test_a_shadow_delays_nobody(call: Call, variants: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a shadow is stuck, requests are answered, and copies beyond its queue are dropped and counted."""
    stuck = threading.Event()

    def predict(
        self: FakeClassifier, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on
    ) -> PredictionBatch:
        if threading.current_thread().name == "shadows":
            stuck.wait(100)
        return whole(self, abstracts, checkpoint=checkpoint)

    whole = FakeClassifier.predict
    monkeypatch.setattr(FakeClassifier, "predict", predict)
    monkeypatch.setenv("ARXIV_CLASSIFIER_API__SHADOW_QUEUE", "4")
    variants(dark={"model": "fake", "shadow": True})
    before = count("arxiv_classifier_shadow_dropped_total", variant="dark")
    started = time.monotonic()
    assert {call("POST", "predict/", BODY).status_code for _ in range(30)} == {200}
    assert time.monotonic() - started < 60
    assert count("arxiv_classifier_shadow_dropped_total", variant="dark") - before >= 25
    stuck.set()


def test_a_shadow_that_fails_hurts_nobody(
    call: Call, variants: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shadow's errors are counted, and logged once if they repeat. Requests are not affected."""
    from entrypoints.rest.logs import set_up

    def predict(
        self: FakeClassifier, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on
    ) -> PredictionBatch:
        if threading.current_thread().name == "shadows":
            raise RuntimeError("the shadow fell over")
        return whole(self, abstracts, checkpoint=checkpoint)

    whole = FakeClassifier.predict
    monkeypatch.setattr(FakeClassifier, "predict", predict)
    set_up("json")
    variants(dark={"model": "fake", "shadow": True})
    before = count("arxiv_classifier_shadow_failures_total", variant="dark")
    assert {call("POST", "predict/", BODY).status_code for _ in range(5)} == {200}
    until(lambda: count("arxiv_classifier_shadow_failures_total", variant="dark") - before == 5)
    said = capsys.readouterr().err
    assert said.count('"event": "shadow_failed"') == 1 and "the shadow fell over" in said


def test_models_of_variants_are_kept(call: Call, variants: Call, options: Call, stored: StoredModel) -> None:
    """However many other models requests name, those of variants stay loaded."""
    options(max_models=1)
    variants()
    for name in ("champion", "challenger"):
        call("POST", "predict/", BODY, X_Model_Variant=name)
    from entrypoints.rest.state import state

    before = {served.model.stored.name for served in state().models.loaded()}
    call("POST", "predict/", {**BODY, "model": stored.name})
    assert before <= {served.model.stored.name for served in state().models.loaded()}


@pytest.mark.parametrize("default", ["fake/20261120T101112Z", "fake"])  # the older one, and the newest
def test_a_kind_is_what_the_store_says(
    call: Call, variants: Call, monkeypatch: pytest.MonkeyPatch, challenger: StoredModel, default: str
) -> None:
    """A bare kind is its newest version, in a variant and in a request, whatever the default model is."""
    monkeypatch.setenv("MODEL_PATH", default)
    variants(newest={"model": "fake"})
    call("GET", "health/")  # the default is loaded, as in a server
    assert call("POST", "predict/", BODY, X_Model_Variant="newest")["X-Model-Version"] == challenger.name
    assert call("POST", "predict/", {**BODY, "model": "fake"})["X-Model-Version"] == challenger.name


def test_a_training_changes_no_variant(
    call: Call, variants: Call, store: FilesystemModelStore, trained: FakeClassifier, challenger: StoredModel
) -> None:
    """A variant of a bare kind keeps the bundle that it started with, also where the default model is of that kind."""
    from entrypoints.rest.state import state

    variants(newest={"model": "fake"})
    state().routing.load()  # type: ignore[union-attr]  # there is one
    store.save(small_card("fake", created="2026-11-23T10:11:12+00:00"), trained.save)
    state().models.reload()
    assert call("POST", "predict/", BODY, X_Model_Variant="newest")["X-Model-Version"] == challenger.name
    default = [each["model"] for each in call("GET", "models/").json()["models"] if each["default"]]
    assert default == ["fake/20261123T101112Z"]


def test_variants_of_one_model_are_told(
    variants: Call, challenger: StoredModel, capsys: pytest.CaptureFixture[str]
) -> None:
    """The start warns where variants have the same bundle, however they name it, and loads it once."""
    from entrypoints.rest.logs import set_up
    from entrypoints.rest.state import state

    set_up("json")
    variants(newest={"model": "fake"})
    state().routing.load()  # type: ignore[union-attr]  # there is one
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["variants"], line["model"]) for line in lines if line["event"] == "variants_alike"]
    assert told == [(["challenger", "newest"], challenger.name)]
    assert [line["event"] for line in lines].count("model_loaded") == 2


def test_the_schema_has_the_headers(variants: Call) -> None:
    """If there are variants, OpenAPI can say which."""
    from entrypoints.rest import schema
    from entrypoints.rest.state import state

    variants(dark={"model": "fake", "shadow": True})
    force, key = schema.variant_headers(state().options.plan)
    assert (force.name, force.enum, key.name) == ("X-Model-Variant", ["champion", "challenger"], "X-Request-Key")
    assert schema.variant_headers(None) == []


@pytest.mark.parametrize(
    ("variants_", "said"),
    [
        ({"a": {"model": "m", "wieght": 1}}, "Did you mean 'weight'"),
        ({"a": {"weight": 1}}, "names no model"),
        ({"a": "baseline"}, "Write a mapping"),
        ([1], "Write a mapping"),
        ({"a": {"model": "m", "weight": 0}}, "no request is answered"),
        ({"a": {"model": "m", "weight": -3}}, "weight -3"),
        ({"a": {"model": "m"}, "b": {"model": "m", "shadow": True, "weight": 5}}, "Leave out the weight"),
    ],
)
def test_bad_variants_are_refused(variants_: object, said: str) -> None:
    """A configuration that cannot hold is refused at the start, with what would do."""
    with pytest.raises(ConfigurationError, match=said):
        api_options({"variants": variants_})


def test_a_shadow_needs_no_weight() -> None:
    """A shadow without a weight has none, and another variant without one has 1."""
    plan = api_options({"variants": {"a": {"model": "m"}, "b": {"model": "m", "shadow": True, "share": 0.5}}}).plan
    assert plan is not None
    assert [(each.weight, each.share) for each in plan.variants] == [(1.0, 1.0), (0.0, 0.5)]


@pytest.mark.parametrize("where", ["api", "variants", "yaml"])
def test_two_variants_of_one_name_are_refused(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that stands twice in JSON or YAML, of which the first would be lost without a word, is an error."""
    from entrypoints.settings import load_settings

    config = tmp_path / "own.yaml"
    config.write_text("api: {variants: {a: {model: x}, a: {model: y}}}\n" if where == "yaml" else "")
    twice = '{"a": {"model": "x"}, "a": {"model": "y"}}'
    if where == "api":
        monkeypatch.setenv("ARXIV_CLASSIFIER_API", f'{{"variants": {twice}}}')
    if where == "variants":
        monkeypatch.setenv("ARXIV_CLASSIFIER_API__VARIANTS", twice)
    with pytest.raises(ConfigurationError, match="'a' twice"):
        load_settings(config=config)


def test_variants_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variants may be given as JSON in one variable, or each value in one of its own."""
    from entrypoints.settings import load_settings

    prefix = "ARXIV_CLASSIFIER_API__VARIANTS"
    monkeypatch.setenv(f"{prefix}__CHAMPION__MODEL", "baseline")
    monkeypatch.setenv(f"{prefix}__CHAMPION__WEIGHT", "90")
    plan = api_options(load_settings().api).plan
    assert plan is not None and (plan.variants[0].name, plan.variants[0].weight) == ("champion", 90)
    monkeypatch.delenv(f"{prefix}__CHAMPION__MODEL")
    monkeypatch.delenv(f"{prefix}__CHAMPION__WEIGHT")
    monkeypatch.setenv(prefix, '{"Old": {"model": "minilm", "weight": 0.5}}')
    plan = api_options(load_settings().api).plan
    assert plan is not None and (plan.variants[0].name, plan.variants[0].weight) == ("Old", 0.5)
