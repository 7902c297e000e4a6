"""arXiv's API on this machine: papers of `tests.oai_server` by id, as Atom."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from typing_extensions import override

from tests.oai_server import Answer, Paper

_FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">'
    "<title>ArXiv Query</title><opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"
)


class AtomPapers:
    """Papers by id; `faults` change the next answers in turn, and `asked` has each request's ids and headers."""

    def __init__(self, papers: list[Paper]) -> None:
        self.papers = {paper.id: paper for paper in papers}
        self.faults: list[Callable[[Answer], Answer]] = []
        self.asked: list[tuple[list[str], dict[str, str]]] = []

    def answer(self, ids: list[str]) -> Answer:
        """The feed of the papers that there are."""
        if any(each.startswith("foo/") for each in ids):
            return Answer(b"<feed/>", 400)
        entries = [entry for each in ids if (entry := self._entry(each))]
        answer = Answer(_FEED.format(total=len(entries), entries="".join(entries)).encode())
        return self.faults.pop(0)(answer) if self.faults else answer

    def _entry(self, asked: str) -> str | None:
        name, _, version = asked.partition("v")
        paper = self.papers.get(name)
        if paper is None or int(version or 1) > len(paper.versions):
            return None
        number = int(version or len(paper.versions))
        primary, *others = paper.categories.split()
        # As arXiv does, the categories come in an order of their own.
        terms = "".join(f'<category term="{each}"/>' for each in [*others, primary])
        return (
            f"<entry><id>http://arxiv.org/abs/{name}v{number}</id><title>{escape(paper.title)} v{number}</title>"
            f"<updated>{paper.versions[number - 1]:%Y-%m-%dT%H:%M:%SZ}</updated>"
            f"<published>{paper.versions[0]:%Y-%m-%dT%H:%M:%SZ}</published>"
            f"<summary>  {escape(paper.abstract)}\n</summary>"
            f'<author><name>A</name></author><arxiv:primary_category term="{primary}"/>{terms}</entry>'
        )


@contextmanager
def atom_server(papers: AtomPapers) -> Iterator[str]:
    """The endpoint of a server of papers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arguments = parse_qs(urlsplit(self.path).query)
            ids = re.split(",", arguments.get("id_list", [""])[0])
            papers.asked.append((ids, dict(self.headers.items())))
            answer = papers.answer(ids)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/api/query"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
