"""A repository of made-up papers that speaks OAI-PMH 2.0 as its specification says, to stand in for arXiv's."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape, quoteattr

from typing_extensions import override

_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>{now}</responseDate>"
)
_LIST_ARGUMENTS = {"verb", "metadataPrefix", "from", "until", "set"}


@dataclass(frozen=True)
class Paper:
    """A made-up paper of arXiv: `versions` are the moments of its first, second ... version."""

    id: str
    changed: date
    versions: tuple[datetime, ...] = (datetime(2026, 5, 4, 12, tzinfo=UTC),)
    title: str = "Networks of something"
    abstract: str = "We study something by means of networks."
    categories: str = "cs.LG stat.ML"
    sets: tuple[str, ...] = ("cs", "cs:cs:LG")
    deleted: bool = False


@dataclass(frozen=True)
class Answer:
    """A server's answer. `length` is the announced length, if that differs from the body's."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came: when (in seconds that only grow), for what, and with which headers."""

    at: float
    arguments: Mapping[str, str]
    headers: Mapping[str, str]


class Repository:
    """Papers in the order of their last change; `faults` come in place of, or change, the next answers in turn."""

    def __init__(self, papers: list[Paper], *, page_size: int = 3, today: date | None = None) -> None:
        self.papers = {paper.id: paper for paper in papers}
        self.page_size = page_size
        self.today = today or datetime.now(UTC).date()
        self.faults: list[Callable[[Answer], Answer]] = []
        self.asked: list[Asked] = []
        self.tokens_hold = True
        self.in_order = True
        self.tokens: dict[str, tuple[dict[str, str], int]] = {}
        self.expires: datetime | None = None

    def change(self, *papers: Paper) -> None:
        """Adds papers, or replaces those of their ids."""
        self.papers |= {paper.id: paper for paper in papers}

    @property
    def verbs(self) -> list[str]:
        """The verbs of the requests, with `+` where a token continued a list."""
        return [a.arguments.get("verb", "") + "+" * ("resumptionToken" in a.arguments) for a in self.asked]

    def answer(self, arguments: dict[str, str]) -> Answer:
        """The answer to a request, with the next fault."""
        answer = Answer(self._body(arguments).encode(), headers={"Content-Type": "text/xml; charset=utf-8"})
        return self.faults.pop(0)(answer) if self.faults else answer

    def _body(self, arguments: dict[str, str]) -> str:
        verb = arguments.get("verb")
        if verb == "ListSets":
            return self._sets(arguments)
        if verb == "ListRecords":
            return self._records(arguments)
        return self._error({}, "badVerb", "Illegal verb")

    def _records(self, arguments: dict[str, str]) -> str:
        asked, start = arguments, 0
        if "resumptionToken" in arguments:
            if set(arguments) != {"verb", "resumptionToken"}:
                return self._error({}, "badArgument", "A token is exclusive")
            known = self.tokens.get(arguments["resumptionToken"]) if self.tokens_hold else None
            if known is None:
                return self._error(arguments, "badResumptionToken", "The token has expired")
            asked, start = known
        problem = self._problem(asked)
        if problem:
            return self._error({}, *problem)
        found = self._selected(asked)
        if not found[start:]:
            return self._error(arguments, "noRecordsMatch", "")
        page = found[start : start + self.page_size]
        listed = "".join(map(_record, page)) + self._token(asked, start, len(found), "resumptionToken" in arguments)
        return self._opened() + _request(arguments) + f"<ListRecords>{listed}</ListRecords></OAI-PMH>"

    def _problem(self, asked: dict[str, str]) -> tuple[str, str] | None:
        if not set(asked) <= _LIST_ARGUMENTS or "metadataPrefix" not in asked:
            return "badArgument", "An argument is missing or unknown"
        if asked["metadataPrefix"] != "arXivRaw":
            return "cannotDisseminateFormat", "Only arXivRaw is known"
        if "set" in asked and asked["set"] not in self._known_sets():
            return "badArgument", "Set does not exist"
        since, until = asked.get("from", "2005-09-16"), asked.get("until", self.today.isoformat())
        if since < "2005-09-16" or since > until or until > (self.today + timedelta(days=1)).isoformat():
            return "badArgument", "The dates cannot be"
        return None

    def _selected(self, asked: dict[str, str]) -> list[Paper]:
        since, until = asked.get("from", ""), asked.get("until", "9999")
        found = [
            paper
            for paper in self.papers.values()
            if since <= paper.changed.isoformat() <= until and ("set" not in asked or asked["set"] in paper.sets)
        ]
        return sorted(found, key=lambda paper: (paper.changed if self.in_order else paper.id[::-1], paper.id))

    def _token(self, asked: dict[str, str], start: int, total: int, continued: bool) -> str:
        end = start + self.page_size
        attributes = f' completeListSize="{total}" cursor="{start}"'
        if end < total:
            token = f"page&{len(self.tokens)}"
            self.tokens[token] = (asked, end)
            expires = f' expirationDate="{self.expires:%Y-%m-%dT%H:%M:%SZ}"' if self.expires else ""
            return f"<resumptionToken{expires}{attributes}>{escape(token)}</resumptionToken>"
        return f"<resumptionToken{attributes}/>" if continued else ""

    def _sets(self, arguments: dict[str, str]) -> str:
        names = sorted(self._known_sets())
        start = int(arguments.get("resumptionToken", "0"))
        sets = "".join(f"<set><setSpec>{name}</setSpec><setName>{name}</setName></set>" for name in names[start:][:4])
        more = f"<resumptionToken>{start + 4}</resumptionToken>" if start + 4 < len(names) else ""
        return self._opened() + _request(arguments) + f"<ListSets>{sets}{more}</ListSets></OAI-PMH>"

    def _known_sets(self) -> set[str]:
        return {"math", "physics", "physics:hep-th", "q-bio"}.union(*(paper.sets for paper in self.papers.values()))

    def _error(self, arguments: dict[str, str], code: str, message: str) -> str:
        return self._opened() + _request(arguments) + f'<error code="{code}">{message}</error></OAI-PMH>'

    def _opened(self) -> str:
        return _OPEN.format(now=f"{self.today}T10:00:00Z")


def _request(arguments: dict[str, str]) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in arguments.items())
    return f"<request{attributes}>http://localhost/oai</request>"


def _record(paper: Paper) -> str:
    status = ' status="deleted"' if paper.deleted else ""
    sets = "".join(f"<setSpec>{name}</setSpec>" for name in paper.sets)
    header = (
        f"<header{status}><identifier>oai:arXiv.org:{paper.id}</identifier>"
        f"<datestamp>{paper.changed}</datestamp>{sets}</header>"
    )
    return f"<record>{header}{'' if paper.deleted else _metadata(paper)}</record>\n"


def _metadata(paper: Paper) -> str:
    versions = "".join(
        f'<version version="v{number}"><date>{format_datetime(moment, usegmt=True)}</date><size>12kb</size></version>'
        for number, moment in enumerate(paper.versions, start=1)
    )
    return (
        f'<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{paper.id}</id>'
        f"<submitter>A. Author</submitter>{versions}<title>{escape(paper.title)}</title><authors>A. Author</authors>"
        f"<categories>{paper.categories}</categories><license>none</license>"
        f"<abstract>  {escape(paper.abstract)}\n</abstract></arXivRaw></metadata>"
    )


def half(answer: Answer) -> Answer:
    """The first half of an answer, under its whole length."""
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))


def half_without_length(answer: Answer) -> Answer:
    """The first half of an answer, as if it were all."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def in_place(body: str | bytes, **more: object) -> Callable[[Answer], Answer]:
    """Another answer in place of the right one."""
    return lambda _: Answer(body.encode() if isinstance(body, str) else body, **more)  # type: ignore[arg-type]


def changed(old: str, new: str) -> Callable[[Answer], Answer]:
    """The right answer with a text replaced wherever it is."""

    def change(answer: Answer) -> Answer:
        assert old.encode() in answer.body
        return replace(answer, body=answer.body.replace(old.encode(), new.encode()))

    return change


def encoded(name: str) -> Callable[[Answer], Answer]:
    """The right answer in another encoding, which it declares."""
    return lambda answer: replace(
        answer, body=answer.body.decode().replace('encoding="UTF-8"', f'encoding="{name}"').encode(name)
    )


def packed(answer: Answer) -> Answer:
    """The right answer, compressed."""
    return replace(answer, body=gzip.compress(answer.body), headers={"Content-Encoding": "gzip"})


def busy(retry_after: str | None = None, status: int = 503) -> Callable[[Answer], Answer]:
    """An answer that asks to come again."""
    return in_place(b"", status=status, headers={"Retry-After": retry_after} if retry_after else {})


@contextmanager
def oai_server(repository: Repository, *, path: str = "/oai") -> Iterator[str]:
    """The endpoint of a server of a repository; `/old` redirects there for good, `/round` to itself in circles."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path != path:
                return self._redirect(parts.path, parts.query)
            arguments = dict(parse_qsl(parts.query, keep_blank_values=True))
            repository.asked.append(Asked(time.monotonic(), arguments, dict(self.headers.items())))
            answer = repository.answer(arguments)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.length is not None or "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        def _redirect(self, asked: str, query: str) -> None:
            repository.asked.append(Asked(time.monotonic(), {}, dict(self.headers.items())))
            target = path if asked == "/old" else f"/round{len(repository.asked)}"
            self.send_response(301)
            self.send_header("Location", f"{target}?{query}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    class Quiet(ThreadingHTTPServer):
        @override
        def handle_error(self, request: object, client_address: object) -> None:
            """Says nothing of a client that was killed."""

    http = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}{path}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def made_up(count: int, first_day: date = date(2026, 5, 4), *, per_day: int = 2) -> list[Paper]:
    """Papers of rising ids and days of change, submitted on the day of their change."""
    papers = []
    for number in range(count):
        day = first_day + timedelta(days=number // per_day)
        moment = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        papers.append(
            Paper(
                f"{day:%y%m}.{number + 1:05}",
                day,
                (moment,),
                f"Networks number {number}",
                f"We study networks of {number} nodes on {day:%d %B %Y}.",
            )
        )
    return papers
