"""Errors as problem documents (RFC 9457): what was wrong, where, and what to do; never more than that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request: its path, as `abstracts[3].title`, and the item's index or None."""

    field: str
    message: str
    index: int | None = None

    def to_json(self) -> dict[str, object]:
        """The error in JSON's own types."""
        found: dict[str, object] = {"field": self.field, "message": self.message}
        return found if self.index is None else {**found, "index": self.index}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document: `kind` names it for programs, `detail` is for a person."""

    status: int
    kind: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self, *, instance: str = "", request_id: str = "") -> dict[str, object]:
        """The document in JSON's own types."""
        found: dict[str, object] = {
            "type": f"urn:arxiv-classifier:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            found["instance"] = instance
        if self.errors:
            found["errors"] = [error.to_json() for error in self.errors]
        return {**found, "request_id": request_id} if request_id else found

    def response(self, *, instance: str = "", request_id: str = "") -> HttpResponse:
        """The document as a response."""
        body = json.dumps(self.to_json(instance=instance, request_id=request_id))
        return HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=dict(self.headers))


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def invalid(errors: Sequence[FieldError]) -> ProblemError:
    """A request that was understood and whose values do not do."""
    first, count = errors[0], len(errors)
    more = {1: "", 2: " There is 1 more error."}.get(count, f" There are {count - 1} more errors.")
    return ProblemError(Problem(400, "invalid-request", f"{first.field}: {first.message}{more}", tuple(errors)))
