"""Attacks of one client through the proxies that operators use: Caddy, HAProxy and nginx."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from string import Template

import pytest

from entrypoints.rest.http.access import hashed
from tests.e2e.server import Client, Server

pytest.importorskip("granian")

KEY = "a-key-of-forty-characters-or-so-for-tests"
BODY = b'{"abstracts": ["We study black holes."]}'
PREFIXES = ["/static", "/api/v1/docs", "/api/v1/schema", "/api/v1/health"]
HAPROXY = """
global
    maxconn 100
defaults
    mode http
    option forwardfor
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:${PORT}
    default_backend api
backend api
    server api ${API}
"""
# The file around a server of nginx, with paths that it can write without root.
AROUND_NGINX = """
daemon off;
pid ${FOLDER}/nginx.pid;
error_log ${FOLDER}/error.log;
events {}
http {
    access_log off;
    client_body_temp_path ${FOLDER}/body;
    proxy_temp_path ${FOLDER}/proxy;
    fastcgi_temp_path ${FOLDER}/fastcgi;
    uwsgi_temp_path ${FOLDER}/uwsgi;
    scgi_temp_path ${FOLDER}/scgi;
    SERVER
}
"""
# Headers with underscores in their names reach the server, which most configurations prevent.
NGINX_SERVER = """
    underscores_in_headers on;
    server {
        listen 127.0.0.1:${PORT};
        location / {
            proxy_pass http://${API};
            proxy_set_header Host localhost;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
    }
"""
RECIPES = Path(__file__).parents[2] / "docker"
# The recipe, whose port and certificates are those of the test.
NGINX_TLS = (
    (RECIPES / "nginx.conf.template")
    .read_text("utf-8")
    .replace("listen 443 ssl;", "listen 127.0.0.1:${PORT} ssl;")
    .replace("/etc/nginx/certificates/", "${FOLDER}/")
)
# The attacks come without TLS.
NGINX_RECIPE = "".join(
    line.replace(" ssl;", ";") for line in NGINX_TLS.splitlines(keepends=True) if "ssl_certificate" not in line
)
# The file that docker-compose.prod.yml mounts. Caddy reads its variables, and makes no certificate for http://.
CADDY = (RECIPES / "Caddyfile").read_text("utf-8")
PROXIES = {
    "caddy": (CADDY, ["run", "--adapter", "caddyfile", "--config"]),
    "haproxy": (HAPROXY, ["-db", "-f"]),
    "nginx": (AROUND_NGINX.replace("SERVER", NGINX_SERVER), ["-c"]),
    "nginx-recipe": (AROUND_NGINX.replace("SERVER", NGINX_RECIPE), ["-c"]),
    "nginx-tls": (AROUND_NGINX.replace("SERVER", NGINX_TLS), ["-c"]),
}
ATTACKED = [name for name in PROXIES if name != "nginx-tls"]


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy in front of a server that requires keys, and of one with a rate."""

    locked: int
    rated: int


def free_port() -> int:
    """Returns a port at which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def proxy(name: str, api: int, folder: Path) -> Iterator[int]:
    """A running proxy in front of a port; its own port."""
    package = name.partition("-")[0]
    program = shutil.which(package) or shutil.which(package, path="/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), f"{package} has to be installed where CI runs"
        pytest.skip(f"{package} is not installed (apt-get install {package})")
    configuration, options = PROXIES[name]
    port = free_port()
    folder.mkdir(exist_ok=True)
    file = folder / "proxy.conf"
    # The API stands in for the page as well, so that every path reaches it.
    where = {
        "SITE": f"http://localhost:{port}" if name == "caddy" else "localhost",
        **dict.fromkeys(("API", "PAGE"), f"127.0.0.1:{api}"),
        **{"PORT": str(port), "FOLDER": str(folder), "HOME": str(folder)},
    }
    # The image of nginx fills in variables like this, and leaves nginx's own.
    written = configuration if name == "caddy" else Template(configuration).safe_substitute(where)
    file.write_text(written, "utf-8")
    with (folder / "proxy.log").open("wb") as log:
        running = subprocess.Popen(
            [program, *options, str(file)], env={**os.environ, **where}, stdout=subprocess.DEVNULL, stderr=log
        )
    try:
        wait_for(port, running, folder / "proxy.log")
        yield port
    finally:
        running.terminate()
        running.wait(timeout=20)


def wait_for(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until a port answers."""
    for _ in range(400):
        assert running.poll() is None, log.read_text("utf-8", "replace")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the proxy does not answer")


@pytest.fixture(scope="module", params=ATTACKED)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Both servers behind one kind of proxy."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "locked").mkdir()
    (folder / "rated").mkdir()
    with (
        Server(folder / "locked", keys=[hashed(KEY)], proxy=True) as locked,
        Server(folder / "rated", rate="5/hour", proxy=True) as rated,
        proxy(request.param, locked.port, folder / "before-locked") as one,
        proxy(request.param, rated.port, folder / "before-rated") as other,
    ):
        yield Front(one, other)


def ask(port: int, path: str, **headers: str) -> int:
    """Returns the status of a prediction. Underscores in names of headers stay."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, BODY, {"Host": "localhost", "Content-Type": "application/json", **headers})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "script_name", "PATH_INFO", "X-Forwarded-Prefix"])
def test_no_header_opens_the_api(front: Front, prefix: str, name: str) -> None:
    """Through a proxy, no header with a path makes the API answer a request without a key."""
    for path in (f"{prefix}/api/v1/predict/", "/api/v1/predict/"):
        assert ask(front.locked, path, **{name: prefix}) in (401, 404)


@pytest.mark.parametrize("name", ["X_API_Key", "X-Api_Key", "AUTHORIZATION_"])
def test_a_header_with_underscores_is_no_key(front: Front, name: str) -> None:
    """A key counts only in the header of its exact name."""
    assert ask(front.locked, "/api/v1/predict/", **{name: KEY}) == 401


def test_a_key_opens_it(front: Front) -> None:
    """With a known key the API answers through the proxy."""
    assert ask(front.locked, "/api/v1/predict/", **{"X-API-Key": KEY}) == 200


def test_no_header_gets_past_the_rate(front: Front) -> None:
    """A client is counted by the address that the proxy saw, whatever headers it sends."""
    lies: list[dict[str, str]] = [
        {"SCRIPT_NAME": "/static"},
        {"X-Forwarded-For": "6.6.6.6"},
        {"X_Forwarded_For": "7.7.7.7"},
        {"X-Forwarded-For": "8.8.8.8, 9.9.9.9"},
        {"Forwarded": "for=1.1.1.1"},
        {"X-Real-IP": "2.2.2.2"},
    ]
    statuses = [
        ask(front.rated, f"{lie.get('SCRIPT_NAME', '')}/api/v1/predict/", **lie) for _ in range(3) for lie in lies
    ]
    assert statuses.count(200) <= 5
    assert set(statuses) <= {200, 404, 429}
    assert statuses[-5:] == [429] * 5


@pytest.mark.parametrize("recipe", ["caddy", "nginx-recipe"])
def test_recipes_publish_no_metrics(tmp_path: Path, recipe: str) -> None:
    """The API answers through each recipe, and the recipe refuses requests for metrics."""
    with Server(tmp_path, proxy=True) as server, proxy(recipe, server.port, tmp_path / "proxy") as port:
        front = Client(port)
        assert front.get("/api/v1/health/", Host="localhost").status == 200
        assert (server.get("/metrics").status, front.get("/metrics", Host="localhost").status) == (200, 404)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl: apt-get install openssl")
def test_nginx_speaks_tls(tmp_path: Path) -> None:
    """Through nginx with a certificate, the API knows that a request came by TLS, whatever a client writes into it."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    certificate = make_certificate(folder)
    with (
        Server(tmp_path, proxy=True, https=True) as server,
        proxy("nginx-tls", server.port, folder) as port,
        contextlib.closing(HTTPSConnection("localhost", port, timeout=30, context=certificate)) as connection,
    ):
        assert ask(server.port, "/api/v1/predict/") == 301
        for lie in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Host": "example.org"}):
            connection.request("POST", "/api/v1/predict/", BODY, {"Content-Type": "application/json", **lie})
            response = connection.getresponse()
            response.read()
            assert (response.status, response.version) == (200, 11)
            assert [name for name in response.headers if name == "Strict-Transport-Security"] == [
                "Strict-Transport-Security"
            ]


def make_certificate(folder: Path) -> ssl.SSLContext:
    """Makes a certificate of localhost with its key in a folder, and returns a client's settings that trust it."""
    made = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"), "-days", "1", "-nodes"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(["openssl", "req", "-x509", *kind, *made, *named], check=True, capture_output=True)
    return ssl.create_default_context(cafile=folder / "fullchain.pem")
