"""Admission: no header and no path bypasses keys, rates and limits."""

from collections.abc import Callable

import pytest

from domain.errors import ConfigurationError
from entrypoints.rest.http.access import hashed
from entrypoints.rest.http.client_identity import rate_key_of
from tests.unit.entrypoints.rest.conftest import Call

KEY = "a-key-of-forty-characters-or-so-for-tests"
PREFIXES = ["/static", "/api/v1/docs", "/api/v1/schema", "/api/v1/health", "/metrics"]


@pytest.fixture
def locked(options: Callable[..., None]) -> None:
    """A server that asks for a key."""
    options(keys=[hashed(KEY)])


def test_every_route_has_a_decision(environment: None) -> None:
    """A new view is listed with what it asks for, and no decision is left of a view that has gone."""
    from django.urls import get_resolver

    from entrypoints.rest.routes import ACCESS

    assert sorted(route.name or "" for route in get_resolver().url_patterns) == sorted(ACCESS.keys() - {"static"})


def test_what_asks_for_no_key(environment: None) -> None:
    """The routes that are answered without a key are these."""
    from entrypoints.rest.routes import ACCESS, Access

    open_, public = (
        {name for name, access in ACCESS.items() if access is kind} for kind in (Access.OPEN, Access.PUBLIC)
    )
    assert open_ == {"health", "live", "ready"}
    assert public == {"root", "metrics", "schema", "docs", "redoc", "static"}


def test_a_route_without_a_decision_asks_for_a_key() -> None:
    """A route that is not listed requires a key."""
    from entrypoints.rest.routes import Access, access_to

    assert access_to("new-view") is Access.KEY


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_script_name_opens_nothing(locked: None, prefix: str) -> None:
    """The WSGI variable SCRIPT_NAME, which some servers take from a header, changes neither route nor decision."""
    from django.test import Client

    client = Client(SCRIPT_NAME=prefix)
    for path in ("/api/v1/models/", f"{prefix}/api/v1/models/"):
        assert client.get(path, headers={"host": "localhost"}).status_code in (401, 404)


@pytest.mark.parametrize("header", ["Script-Name", "SCRIPT_NAME", "Path-Info", "X-Script-Name", "X-Forwarded-Prefix"])
def test_a_header_of_that_name_opens_nothing(locked: None, call: Call, header: str) -> None:
    """Headers that other servers take paths from are headers like others."""
    assert call("GET", "models/", **{header: "/static"}).status_code == 401


@pytest.mark.parametrize("path", ["nosuch/", "../metrics/x", "predict", "docs", "docs/../models/", "HEALTH/"])
def test_unknown_paths_ask_for_a_key(locked: None, call: Call, path: str) -> None:
    """Without a key, unknown paths and known ones have the same answer."""
    assert call("GET", path).status_code == 401


def test_options_ask_for_a_key(locked: None, call: Call) -> None:
    """The method OPTIONS describes a view only to clients with a key."""
    assert call("OPTIONS", "models/").status_code == 401
    assert call("OPTIONS", "models/", X_API_Key=KEY).status_code == 200


def test_a_script_name_gets_past_no_rate(options: Callable[..., None]) -> None:
    """Requests under another SCRIPT_NAME are counted with the others."""
    from django.test import Client

    options(rate="2/hour")
    statuses = [
        Client(SCRIPT_NAME=prefix).get("/api/v1/models/", headers={"host": "localhost"}).status_code
        for prefix in PREFIXES
    ]
    assert statuses == [200, 200, 429, 429, 429]


def test_public_pages_have_a_rate_of_their_own(locked: None, options: Callable[..., None], call: Call) -> None:
    """Without a key, metrics, schema and docs are answered so often a minute for each address; probes always."""
    options(public_rate="3/hour")
    assert [call("GET", "schema/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert call("GET", "docs/").status_code == 429
    assert call("GET", "schema/", X_API_Key=KEY).status_code == 200
    assert call("GET", "live/").status_code == 200


@pytest.mark.parametrize("page", ["schema/", "docs/", "redoc/", "../../metrics"])
def test_public_docs_can_be_closed(options: Callable[..., None], call: Call, page: str) -> None:
    """With public_docs off they ask for a key. If none is set, they are not there."""
    options(public_docs=False)
    assert call("GET", page).status_code == 404
    options(public_docs=False, keys=[hashed(KEY)])
    assert call("GET", page).status_code == 401


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (1, "6.6.6.6, 10.0.0.1", "10.0.0.1"),
        (1, "10.0.0.1:4711", "10.0.0.1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "::ffff:10.0.0.1", "10.0.0.1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "unknown", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, ",,", "127.0.0.1"),
        (2, "6.6.6.6, 10.0.0.1, 10.0.0.2", "10.0.0.1"),
        (2, "10.0.0.1", "10.0.0.1"),
        (0, "10.0.0.1", "127.0.0.1"),
    ],
)
def test_whose_address_counts(environment: None, proxies: int, forwarded: str, client: str) -> None:
    """A client is whom the outermost trusted proxy saw, without port or brackets."""
    from django.test import RequestFactory

    from entrypoints.rest.http.client_identity import client_of

    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    assert client_of(request, proxies=proxies) == client


def test_an_ipv6_client_is_its_network() -> None:
    """All addresses of an IPv6 network of 64 bits are one client."""
    assert rate_key_of("2001:db8:1:2::1") == rate_key_of("2001:db8:1:2:ffff::9") != rate_key_of("2001:db8:1:3::1")
    assert rate_key_of("10.0.0.1") != rate_key_of("10.0.0.2")


def test_trusted_proxies_are_a_whole_number() -> None:
    """How many proxies there are is at least one."""
    from entrypoints.rest.options import ApiOptions

    assert ApiOptions(proxy=True, trusted_proxies=2).proxies == 2
    assert ApiOptions(trusted_proxies=2).proxies == 0
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        ApiOptions(proxy=True, trusted_proxies=0)
