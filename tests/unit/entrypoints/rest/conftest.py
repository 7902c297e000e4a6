"""The API in this process, with a model of kind `fake`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.model_bundle import StoredModel
from domain.ports.classifier import FitSession
from entrypoints.registry import CLASSIFIERS
from tests.examples import own_card, own_papers, own_taxonomy, small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.served_state import forget_state

pytest.importorskip("django")
Call = Callable[..., Any]
TEXT = "image camera segmentation"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> FakeClassifier:
    """A classifier that knows the small taxonomy's words."""
    classifier = FakeClassifier(small_taxonomy())
    classifier.fit(small_papers(60), [], FitSession(1, tmp_path_factory.mktemp("workspace"), lambda batch: 0.0))
    return classifier


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory, trained: FakeClassifier) -> Path:
    """A folder of models with one of kind `fake`, which each test copies."""
    folder = tmp_path_factory.mktemp("saved")
    FilesystemModelStore(folder).save(small_card("fake"), trained.save)
    return folder


@pytest.fixture
def store(tmp_path: Path, saved: Path) -> FilesystemModelStore:
    """A folder of models with one of kind `fake`."""
    return FilesystemModelStore(shutil.copytree(saved, tmp_path / "store"))


@pytest.fixture
def own_labels(store: FilesystemModelStore, tmp_path: Path) -> Callable[[str], StoredModel]:
    """Puts a model of kind `fake` with labels that are not arXiv's into the store, made at a given time."""

    def save(created: str) -> StoredModel:
        classifier = FakeClassifier(own_taxonomy())
        (tmp_path / created).mkdir()
        classifier.fit(own_papers(60), [], FitSession(1, tmp_path / created, lambda batch: 0.0))
        store.save(own_card("fake", created=created), classifier.save)
        return next(each for each in store.list() if each.card.created == created)

    return save


@pytest.fixture
def stored(store: FilesystemModelStore) -> StoredModel:
    """The model in the store."""
    return store.find("fake")


@pytest.fixture
def environment(tmp_path: Path, store: FilesystemModelStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings that serve the fake model."""
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    monkeypatch.setenv("ARXIV_CLASSIFIER_ARTIFACTS", str(tmp_path / "store"))
    monkeypatch.setenv("MODEL_TYPE", "fake")
    monkeypatch.setitem(os.environ, "DJANGO_SETTINGS_MODULE", "entrypoints.rest.settings")
    forget_state()
    import django

    django.setup()
    yield
    forget_state()


@pytest.fixture
def options(environment: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets options of the API for the requests that follow."""

    def set_(**values: object) -> None:
        for name, value in values.items():
            text = value if isinstance(value, str) else json.dumps(value)
            monkeypatch.setenv(f"ARXIV_CLASSIFIER_API__{name.upper()}", text)
        forget_state()

    return set_


@pytest.fixture
def call(environment: None) -> Call:
    """Sends a request; a body that is no bytes goes as JSON."""
    from django.test import Client

    client = Client(raise_request_exception=False)

    def call_(method: str, path: str, body: object = None, **headers: str) -> Any:
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = given.pop("Content-Type", "application/json")
        return client.generic(
            method, f"/api/v1/{path}", sent, content_type=kind, headers={"Host": "localhost", **given}
        )

    return call_


@pytest.fixture
def predict(call: Call) -> Call:
    """Asks for predictions and gives status and answer."""

    def predict_(*abstracts: object, **fields: object) -> tuple[int, Any]:
        response = call("POST", "predict/", {"abstracts": list(abstracts), **fields})
        return response.status_code, response.json()

    return predict_
