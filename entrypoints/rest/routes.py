"""Access to each route. A route that is not listed here requires a key."""

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, resolve


class Access(Enum):
    """The access that a route requires."""

    OPEN = "open"
    """Nothing: probes ask many times a minute."""
    PUBLIC = "public"
    """No key where `public_docs` holds; with keys set, a rate of its own."""
    KEY = "key"
    """A known key where keys are set, and the rate of clients."""


ACCESS: Mapping[str, Access] = {
    "root": Access.PUBLIC,
    "health": Access.OPEN,
    "live": Access.OPEN,
    "ready": Access.OPEN,
    "metrics": Access.PUBLIC,
    "schema": Access.PUBLIC,
    "docs": Access.PUBLIC,
    "redoc": Access.PUBLIC,
    "static": Access.PUBLIC,
    "predict": Access.KEY,
    "advise": Access.KEY,
    "similar": Access.KEY,
    "embed": Access.KEY,
    "feedback": Access.KEY,
    "models": Access.KEY,
    "categories": Access.KEY,
}


MONITORING = frozenset({"health", "live", "ready", "metrics"})
"""Routes that probes and scrapers ask by whatever name or address they know, many times a minute."""


def route_of(path: str) -> str:
    """Returns the name of a path's route, `static` for the files of pages; empty for a path without a route."""
    return _route_of(path) if len(path) <= _LONGEST_KEPT else _found(path)


def _found(path: str) -> str:
    if path.startswith(settings.STATIC_URL):
        return "static"
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


# Three parts of the server need each request's route, and resolving it takes a tenth of a millisecond.
_LONGEST_KEPT = 100
_route_of = lru_cache(maxsize=256)(_found)


def access_to(route: str) -> Access:
    """Returns the access that a route requires, by its name. A route that is not listed requires a key."""
    return ACCESS.get(route, Access.KEY)
