"""The backend that uses the REST API at an address."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from functools import cache
from typing import Any

from typing_extensions import override

from domain.errors import ArxivClassifierError, ConfigurationError, InvalidInputError
from entrypoints.demo.advice import advised
from entrypoints.demo.backend import (
    Advised,
    Backend,
    CategoryRow,
    Choice,
    Classified,
    Given,
    ModelInfo,
    Neighbour,
    Paper,
    Reasons,
    Word,
)
from entrypoints.taxonomies import all_categories

_TIMEOUT = 120
_AT_ONCE = 128
_EVEN = 0.5


class ThroughApi(Backend):
    """Sends requests to the API at an address without a slash at its end. `key` is for an API that requires keys."""

    def __init__(self, address: str, *, key: str = "") -> None:
        self._address = address.rstrip("/")
        self._key = key
        if not self._address.startswith(("http://", "https://")):
            raise ConfigurationError(f"API_URL is {address!r}. Give an address such as http://127.0.0.1:8000.")

    @override
    def models(self) -> tuple[ModelInfo, ...]:
        found = sorted(self._ask("models/")["models"], key=lambda each: not each["default"])
        return tuple(
            ModelInfo(
                each["model"],
                each["threshold"],
                each.get("shipped_as") or "",
                tuple(each.get("labels", ())),
                tuple((policy["name"], policy["goal"]) for policy in each.get("policies", ())),
                each.get("coverage", False),
            )
            for each in found
        )

    @override
    def classify(self, model: str, paper: Paper) -> Classified:
        known = _arxiv() | {each["label"]: each for each in self._ask("categories/")["categories"]}
        listed = {each["model"]: each for each in self._ask("models/")["models"]}.get(model, {})
        common, cuts = listed.get("threshold", _EVEN), listed.get("thresholds", {})
        rows = []
        (result,) = self._predict(model, [paper], threshold=0)
        for each in result["predictions"]:
            said = known.get(each["label"], {})
            own = cuts.get(each["label"], common)
            name, description = said.get("name", ""), said.get("description", "")
            twin = said.get("alias") or ""
            rows.append(CategoryRow(each["label"], each["probability"], own, name, description, twin))
        return Classified(model, tuple(rows), _warnings(result))

    @override
    def advise(self, model: str, paper: Paper, chosen: str) -> Advised:
        names = chosen.replace(",", " ").split()
        return advised(self._ask("advise/", {**_item(paper), "model": model, **({"chosen": names} if names else {})}))

    @override
    def explain(self, model: str, paper: Paper) -> dict[str, Reasons]:
        (result,) = self._predict(model, [paper], threshold=0, explain=True)
        return {each["label"]: _reasons(each["explanation"]) for each in result["predictions"]}

    @override
    def given(self, model: str, paper: Paper, choice: Choice) -> Given:
        asked = {"policy": choice.policy} if choice.policy else {"coverage": choice.coverage}
        (result,) = self._predict(model, [paper], **asked)
        return _given(result)

    @override
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[Given]:
        found: list[Given] = []
        for start in range(0, len(papers), _AT_ONCE):
            found += map(_given, self._predict(model, papers[start : start + _AT_ONCE]))
        return found

    @override
    def has_index(self) -> bool:
        try:
            self._ask("similar/", {"abstracts": ["Is there an index?"], "top_k": 1})
        except _NotFoundError:
            return False
        return True

    @override
    def similar(self, paper: Paper, *, count: int) -> tuple[Neighbour, ...] | None:
        try:
            (result,) = self._ask("similar/", {"abstracts": [_item(paper)], "top_k": count})["results"]
        except _NotFoundError:
            return None
        return tuple(
            Neighbour(each["id"], each["title"], tuple(each["categories"]), each["similarity"])
            for each in result["similar"]
        )

    def _predict(self, model: str, papers: Sequence[Paper], **fields: object) -> list[dict[str, Any]]:
        body = {"abstracts": [_item(paper) for paper in papers], "model": model, "on_error": "fail", **fields}
        results: list[dict[str, Any]] = self._ask("predict/", body)["results"]
        return results

    def _ask(self, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json", **({"X-API-Key": self._key} if self._key else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}/api/v1/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                raise ConfigurationError(self._without_key()) from error
            raise _refusal(error) from error
        except (OSError, ValueError) as error:
            raise ConnectionLostError(f"The API at {self._address} does not answer. Start it, or try again.") from error

    def _without_key(self) -> str:
        seen = "API_KEY holds a key that it does not know" if self._key else "API_KEY is not set"
        return f"The API at {self._address} asks for a key, and {seen}. Set API_KEY to one of the API's keys."


class ConnectionLostError(ArxivClassifierError):
    """The API's address does not answer."""


class _NotFoundError(ArxivClassifierError):
    """The API answered that the requested object does not exist."""


@cache
def _arxiv() -> dict[str, dict[str, str]]:
    """Returns the names of arXiv's categories, for those that the API's default model lacks."""
    return {
        str(info.category): {"name": info.name, "description": info.description, "alias": str(info.alias or "")}
        for info in all_categories().infos
    }


def _given(result: dict[str, Any]) -> Given:
    labels = tuple((each["label"], each["probability"]) for each in result["predictions"])
    return Given(labels, _warnings(result))


def _warnings(result: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["message"] for each in result.get("warnings", ()))


def _reasons(found: dict[str, Any]) -> Reasons:
    words = tuple(Word(each["term"], each["contribution"]) for each in found["terms"])
    return Reasons(found["method"], words, found["logit"], found.get("base"), found.get("others", 0.0))


def _refusal(error: urllib.error.HTTPError) -> ArxivClassifierError:
    try:
        detail = str(json.load(error)["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        detail = f"The API answered with status {error.code}."
    if error.code == 404:
        return _NotFoundError(detail)
    return InvalidInputError(detail) if error.code < 500 else ArxivClassifierError(detail)


def _item(paper: Paper) -> dict[str, object]:
    known = {"title": paper.title, "id": paper.id, "date": paper.date}
    return {"abstract": paper.abstract, **{name: value for name, value in known.items() if value}}
