"""Errors as problem documents (RFC 9457): what is wrong, where, and what to do, without internals."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """The error of one field of a request: its path, such as `abstracts[3].title`, and the item's index or None."""

    field: str
    message: str
    index: int | None = None

    def to_json(self) -> dict[str, object]:
        """Returns the error as JSON-ready values."""
        found: dict[str, object] = {"field": self.field, "message": self.message}
        return found if self.index is None else {**found, "index": self.index}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document. `kind` names it for programs, and `detail` is for people."""

    status: int
    kind: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self, *, instance: str = "", request_id: str = "") -> dict[str, object]:
        """Returns the document as JSON-ready values."""
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
        """Returns the document as a response."""
        body = json.dumps(self.to_json(instance=instance, request_id=request_id))
        return HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=dict(self.headers))


class ProblemError(Exception):
    """An error that ends a request with a problem document."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def invalid(errors: Sequence[FieldError]) -> ProblemError:
    """Returns the error of a well-formed request with invalid values."""
    first, count = errors[0], len(errors)
    more = {1: "", 2: " There is 1 more error."}.get(count, f" There are {count - 1} more errors.")
    return ProblemError(Problem(400, "invalid-request", f"{first.field}: {first.message}{more}", tuple(errors)))
