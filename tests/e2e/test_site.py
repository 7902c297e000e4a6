"""The documentation site, built as CI builds it."""

import functools
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import pytest

from entrypoints.cli.main import NAME, cli
from scripts.reference.commands import leaves
from scripts.reference.rest import openapi, operations
from tests.lazily import lazily, skip_without

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := which(name))), "")
skip_without("mkdocs", "material", "playwright")
click = lazily("click")
playwright = lazily("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_PAGES = ("index.html", "configuration.html", "reference/commands.html", "guides/notebook.html", "benchmarks.html")


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a strict build, which fails on a broken link or a page outside the navigation."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The address at which a web server of this machine serves the site."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Writes nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_references_are_whole(site: Path) -> None:
    """Every command and every address of the API has a heading, and no mark of a generated part is left."""
    commands = (site / "reference" / "commands.html").read_text("utf-8")
    paths = [context.command_path for context in leaves(click.Context(cli, info_name=NAME))]
    assert [path for path in paths if f">{path.removeprefix(f'{NAME} ')}<a" not in commands] == []
    rest = (site / "reference" / "rest-api.html").read_text("utf-8")
    asked = [f"{method} {path}" for path, method, _ in operations(openapi())]
    assert "POST /api/v1/predict/" in asked
    assert [each for each in asked if f">{each}<a" not in rest] == []
    assert [page for page in site.rglob("*.html") if "<!-- generated:" in page.read_text("utf-8")] == []


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")
def test_pages_ask_no_other_host(address: str) -> None:
    """A browser that opens the pages and searches in them uses the site's own server alone, and gets every file."""
    asked: list[str] = []
    refused: list[str] = []
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
        for name in _PAGES:
            page.goto(f"{address}{name}", wait_until="networkidle")
        page.goto(f"{address}index.html?q=calibration", wait_until="networkidle")
        page.wait_for_selector("article.md-search-result__article", state="attached")
        browser.close()
    own = [url for url in asked if url.startswith((address, "data:", "blob:"))]
    assert len(own) > 2 * len(_PAGES)
    assert sorted(set(asked) - set(own)) == []
    assert refused == []
