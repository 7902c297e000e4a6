"""The API's views. Each reads a request, calls one use case and answers."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from domain.errors import ArxivClassifierError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.policy import Policy
from entrypoints.rest import answers, metrics, requests, schema
from entrypoints.rest.answers import Answer
from entrypoints.rest.http.error_responses import NOT_LOADED, answered, logged_problem, problem_of
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.http.negotiation import NDJSON, wants_lines
from entrypoints.rest.http.problems import FieldError, Problem, ProblemError
from entrypoints.rest.http.request_work import ClientGoneError, Work, work_of
from entrypoints.rest.models.reloading_model import ServedModel
from entrypoints.rest.requests import Item, Request
from entrypoints.rest.state import state
from entrypoints.rest.variants.variant_routing import RoutedRequest
from entrypoints.version import program_version

_BUSY_AFTER = 2.0  # seconds that a request waits for a thread
_OLDER = "The bundle that should answer now cannot be loaded, so the one that was there before does. Ask the operator."
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Returns a response with a value as JSON."""
    return HttpResponse(_dumps(value), status=status, content_type="application/json", headers=headers)


class HealthView(APIView):  # type: ignore[misc]  # the library has no types
    """The view of the default model's health."""

    @extend_schema(operation_id="health", responses={200: schema.Health, 503: schema.Health, **schema.KEYLESS})
    def get(self, request: Any) -> HttpResponse:
        """Says whether the model is loaded. Without it, the status is 503, with a reason.

        If the model's name now means another bundle, which cannot be loaded, the status is degraded, with a reason.
        """
        try:
            card = state().models.default().model.stored.card
        except ArxivClassifierError:
            found = {"status": "unhealthy", "model_loaded": False, "model_type": _kind(), "version": program_version()}
            return json_answer({**found, "reason": NOT_LOADED.detail}, status=503)
        _, refused = state().models.peek()
        status, reason = ("degraded", {"reason": _OLDER}) if refused else ("healthy", {})
        found = {"status": status, "model_loaded": True, "model_type": card.kind, "version": program_version()}
        return json_answer({**found, **reason})


def _kind() -> str:
    return state().settings.kind


class LiveView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that answers as long as the process lives."""

    @extend_schema(operation_id="live", responses={200: schema.Alive, **schema.KEYLESS})
    def get(self, request: Any) -> HttpResponse:
        """Says that the process lives."""
        return json_answer({"status": "alive"})


class ReadyView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that says whether requests may be sent here."""

    @extend_schema(operation_id="ready", responses={200: schema.Alive, 503: schema.Alive, **schema.KEYLESS})
    def get(self, request: Any) -> HttpResponse:
        """Says by the status whether the model is loaded, and whether requests find a thread."""
        if state().work_limits.longest_wait() > _BUSY_AFTER:
            return json_answer({"status": "busy"}, status=503, headers={"Retry-After": "5"})
        try:
            state().models.default()
        except ArxivClassifierError:
            return json_answer({"status": "not ready"}, status=503)
        return json_answer({"status": "ready"})


class PredictView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that predicts the categories of abstracts."""

    @extend_schema(
        operation_id="predict",
        parameters=schema.variant_headers(state().options.plan),
        request=requests.PredictRequest,
        responses={
            (200, "application/json"): schema.Predictions,
            (200, NDJSON): schema.PredictionLine,
            **schema.WITH_BODY,
        },
        examples=schema.EXAMPLES,
    )
    def post(self, request: Any) -> HttpResponseBase:
        """Predicts the categories of each abstract, most probable first.

        An invalid item gets an error of its own, and the others get their categories. With `"on_error": "fail"`, one
        invalid item fails the request. Without it, the request fails only if all items are invalid. With `Accept:
        application/x-ndjson` each result is a line, sent as soon as it is ready.
        """
        asked, work = requests.read_predict(body_of(request), state().limits), _work(request)
        served, route = _route(request, asked)
        stored = served.model.stored
        answers.selected(asked, stored)  # refuses a policy that the model has not, before a stream begins
        _note(request, asked.items, stored, "predict", **(route.log_fields if route else {}))
        headers = {"X-Model-Version": stored.name, **(route.headers if route else {})}
        if wants_lines(request.META.get("HTTP_ACCEPT", "")):
            return _streamed(request._request, _lines(asked, served, route, work), stored, headers)
        found = list(_lines(asked, served, route, work))
        return json_answer({"results": found, "model_version": stored.version}, headers=headers)


def _route(request: Any, asked: Request) -> tuple[ServedModel, RoutedRequest | None]:
    """Returns the model that answers a request, and its route if its predictions are recorded."""
    routing = state().routing
    if routing is None:
        return model_named(asked.model), None
    route = routing.route(request._request, asked.model)
    if route is not None:
        return route.served, route
    served = model_named(asked.model)
    return served, routing.route_outside(request._request, served)


def _predicted(
    part: Sequence[Item], asked: Request, served: ServedModel, route: RoutedRequest | None, work: Work
) -> Iterator[Answer]:
    read = [item.abstract for item in part if item.abstract is not None]
    on_predicted = route.recorder(part) if route else None
    rows = iter(answers.predictions(read, asked, served, work, on_predicted) if read else [])
    return (answers.entry(item, **({} if item.error else next(rows))) for item in part)


def _lines(asked: Request, served: ServedModel, route: RoutedRequest | None, work: Work) -> Iterator[Answer]:
    for part in answers.in_parts(asked, served):
        work.check()
        yield from _predicted(part, asked, served, route, work)


def _streamed(
    request: HttpRequest, lines: Iterator[Answer], stored: StoredModel, headers: dict[str, str]
) -> StreamingHttpResponse:
    """Returns a response with one line per item. An error on the way ends the stream with a line that describes it."""

    def encoded() -> Iterator[bytes]:
        try:
            for number, line in enumerate(lines):
                yield _dumps({"index": number, **line, "model_version": stored.version}).encode() + b"\n"
        except ClientGoneError:
            raise
        except Exception as error:  # the status was sent already
            request_id = getattr(request, "request_id", "")
            document = logged_problem(error).to_json(instance=request.path_info, request_id=request_id)
            yield _dumps({"problem": document}).encode() + b"\n"

    return StreamingHttpResponse(encoded(), content_type=NDJSON, headers=headers)


class SimilarView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that finds similar papers."""

    @extend_schema(
        operation_id="similar",
        request=requests.SimilarRequest,
        responses={200: schema.SimilarPapers, **schema.WITH_BODY},
    )
    def post(self, request: Any) -> HttpResponse:
        """Finds the papers of the index that are most like each abstract, the most alike first."""
        with turn_given_up():  # the index is opened when first asked for
            find = state().similar
        if find is None:
            raise not_set_up("No index of papers", "index")
        asked = requests.read_similar(body_of(request), state().limits)
        work = _work(request)
        found: list[str] = []  # as JSON, because the objects take ten times the memory
        for item in asked.items:
            work.check()
            with turn_given_up():
                near = answers.similar(find(item.abstract, k=asked.top_k)) if item.abstract is not None else []
            found.append(_dumps(answers.entry(item, similar=near)))
        version = _dumps(find.model.partition("/")[2])
        content = f'{{"results":[{",".join(found)}],"model_version":{version}}}'
        return HttpResponse(content, content_type="application/json")


class EmbedView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that gives the vectors of abstracts."""

    @extend_schema(
        operation_id="embed",
        request=requests.EmbedRequest,
        responses={200: schema.Vectors, **schema.WITH_BODY},
    )
    def post(self, request: Any) -> HttpResponse:
        """Gives the vector of each abstract, of length 1."""
        with turn_given_up():  # the encoder is loaded when first asked for
            known = state().embedder
        if known is None:
            raise not_set_up("No encoder", "encoder")
        asked, (stored, embedder) = requests.read_embed(body_of(request), state().limits), known
        rows = iter(answers.vectors(asked.abstracts, embedder, _work(request)))
        found = [answers.entry(item, **({} if item.error else {"vector": next(rows)})) for item in asked.items]
        return json_answer({"results": found, "model_version": stored.version, "dimensions": embedder.dimensions})


class ModelsView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that lists models."""

    @extend_schema(operation_id="models", responses={200: schema.Models, **schema.COMMON})
    def get(self, request: Any) -> HttpResponse:
        """Lists the models that `model` may name."""
        store = state().container.model_store()
        loaded = {served.model.stored.digest for served in state().models.loaded()}
        default, _ = state().models.peek()
        standard = default.model.stored if default else None
        stored = list(store.list())
        if standard and standard.digest not in {each.digest for each in stored}:
            stored.insert(0, standard)
        return json_answer({"models": [_described(each, standard, loaded) for each in stored]})


def _described(stored: StoredModel, standard: StoredModel | None, loaded: set[str]) -> Answer:
    return {
        "model": stored.name,
        "shipped_as": stored.shipped_as or None,
        "kind": stored.card.kind,
        "version": stored.version,
        "created": stored.card.created,
        "categories": len(stored.card.taxonomy),
        "labels": list(map(str, stored.card.taxonomy)),
        "default": standard is not None and stored.digest == standard.digest,
        "loaded": stored.digest in loaded,
        "threshold": stored.card.thresholds.default,
        "thresholds": {str(category): cut for category, cut in stored.card.thresholds.by_category.items()},
        "policies": [_policy(each) for each in stored.card.policies.values()],
        "coverage": stored.card.conformal is not None,
        "micro_f1": stored.card.metrics.get("test", {}).get("micro_f1"),
    }


def _policy(policy: Policy) -> Answer:
    measures = {
        name: {"value": each.value, "low": each.low, "high": each.high} for name, each in policy.expected.items()
    }
    return {
        "name": policy.name,
        "goal": str(policy.goal),
        "threshold": policy.thresholds.default,
        "expected": measures,
    }


class CategoriesView(APIView):  # type: ignore[misc]  # the library has no types
    """The view that lists the categories of the default model."""

    @extend_schema(operation_id="categories", responses={200: schema.Categories, **schema.COMMON})
    def get(self, request: Any) -> HttpResponse:
        """Lists the categories in the order of the model's columns, with the threshold of each."""
        stored = model_named(None).model.stored
        cuts = stored.card.thresholds.in_columns(stored.card.taxonomy)
        found = [
            {
                "label": str(info.category),
                "name": info.name,
                "group": info.group,
                "description": info.description,
                "alias": str(info.alias) if info.alias else None,
                "started": info.started,
                "retired": info.retired,
                "threshold": cut,
            }
            for info, cut in zip(stored.card.taxonomy.infos, cuts, strict=True)
        ]
        return json_answer({"categories": found, "model_version": stored.version})


def exposition(request: HttpRequest) -> HttpResponse:
    """Returns the metrics for Prometheus."""
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answers a request without a route. Django calls it."""
    from django.http import Http404

    return _problem_page(Http404(), request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answers for a view that failed. Django calls it."""
    failure = sys.exception()
    return answered(failure if isinstance(failure, Exception) else RuntimeError(), request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answers a request that Django itself refuses. Django calls it."""
    from django.core.exceptions import BadRequest

    return _problem_page(exception or BadRequest(), request)


def _problem_page(error: Exception, request: HttpRequest) -> HttpResponse:
    return problem_of(error).response(instance=request.path_info, request_id=getattr(request, "request_id", ""))


def body_of(request: Any) -> bytes:
    """Returns the bytes of a request's body."""
    body: bytes = request._request.body  # unlike REST framework's own, read once and with Django's limit
    return body


def model_named(reference: str | None) -> ServedModel:
    """Returns the model that a request names, or the default for None.

    Raises ProblemError of status 404 for an unknown model.
    """
    try:
        return state().models.named(reference)
    except ModelNotFoundError as error:
        if reference is None:
            raise
        detail = f"There is no model {reference!r}. /api/v1/models/ lists those there are."
        raise ProblemError(Problem(404, "unknown-model", detail, (FieldError("model", "It is unknown."),))) from error


def not_set_up(what: str, option: str) -> ProblemError:
    """Returns the error for a service that this server is not set up for. It names the option that sets it up."""
    detail = f"{what} is set up on this server. Its operator can: ARXIV_CLASSIFIER_API__{option.upper()}."
    return ProblemError(Problem(404, "not-set-up", detail))


def _work(request: Any) -> Work:
    return work_of(request._request, state().options.time_limit)


def _note(request: Any, items: Sequence[Item], stored: StoredModel, route: str, **more: object) -> None:
    metrics.labelled(metrics.BATCHES, route).observe(len(items))
    metrics.labelled(metrics.MODELS, stored.card.kind, stored.version).inc()
    errors = sum(item.error is not None for item in items)
    request._request.log_fields = {"abstracts": len(items), "refused": errors, "model": stored.name, **more}
