"""The client of OAI-PMH on a server that speaks it well, badly and not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version

import pytest

from adapters.arxiv.oai_source import OaiSource, build
from adapters.arxiv.options import ArxivOptions
from adapters.arxiv.pacing import Clock
from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    DatasetUnavailableError,
    ExpiredTokenError,
    InvalidInputError,
)
from domain.harvest import Span
from domain.ports.arxiv import RecordPage
from tests import oai_server as served
from tests.oai_server import Answer, Paper, Repository, made_up, oai_server

SPAN = Span(date(2026, 5, 1))


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Moves on at once."""
        self.waits.append(seconds)
        self.passed += seconds

    @property
    def clock(self) -> Clock:
        """The clock that shows this time."""
        now = datetime(2026, 6, 10, tzinfo=UTC)
        return Clock(lambda: self.passed, self.sleep, lambda: now + timedelta(seconds=self.passed))


@contextmanager
def source(repository: Repository, time: Time | None = None, path: str = "", **options: object) -> Iterator[OaiSource]:
    """A source on a repository, that waits for nothing."""
    with oai_server(repository) as endpoint:
        address = endpoint.removesuffix("/oai") + path if path else endpoint
        said = {"endpoint": address, "pause_seconds": 0.0, **options}
        yield OaiSource(ArxivOptions(**said), clock=(time or Time()).clock)  # type: ignore[arg-type]


def everything(source: OaiSource, span: Span = SPAN, set_name: str | None = None) -> list[RecordPage]:
    """All pages."""
    pages = [source.first(span, set_name)]
    while pages[-1].place.token:
        pages.append(source.next(pages[-1].place.token))
    return pages


def ids(pages: list[RecordPage]) -> list[str]:
    """The ids of the papers of pages, in order."""
    return [paper.id for page in pages for paper in page.papers]


def test_reads_every_page() -> None:
    """Tokens are followed to the empty one at the end, and each record comes once, with the days that it changed."""
    repository = Repository(made_up(8))
    with source(repository) as oai:
        pages = everything(oai)
    assert ids(pages) == list(repository.papers)
    assert repository.verbs == ["ListRecords", "ListRecords+", "ListRecords+"]
    assert (pages[0].place.first, pages[0].place.last) == (date(2026, 5, 4), date(2026, 5, 5))
    assert repository.asked[0].arguments == {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "2026-05-01"}


def test_reads_all_of_a_record() -> None:
    """Title and abstract with folded space, categories with the primary first, the first and the last version."""
    versions = (datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))
    paper = Paper("cs/0112017", date(2026, 6, 2), versions, "A\n  <title>", "é &amp; ü", "math.CO cs.LG cs.LG")
    with source(Repository([paper])) as oai:
        (found,) = oai.first(SPAN, None).papers
    assert (found.id, found.paper.abstract.title, found.paper.abstract.text) == ("cs/0112017", "A <title>", "é &amp; ü")
    assert [str(each) for each in found.paper.categories] == ["math.CO", "cs.LG"]
    assert (found.submitted, found.updated, found.month) == (paper.versions[0], paper.versions[-1], "2026-05")


def test_versions_count_by_their_numbers() -> None:
    """The first version is that of the lowest number, wherever it stands."""
    dates = tuple(datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 11))
    repository = Repository([Paper("2605.00001", date(2026, 6, 2), dates)])
    repository.faults = [served.changed('version="v1"', 'version="v11"')]
    with source(repository) as oai:
        (found,) = oai.first(SPAN, None).papers
    assert (found.submitted, found.updated) == (dates[1], dates[0])


def test_asks_for_span_and_set() -> None:
    """First and last day and the set are in the request; days before arXiv's first leave `from` out."""
    repository = Repository(made_up(8))
    with source(repository) as oai:
        oai.first(Span(date(2026, 5, 5), date(2026, 5, 6)), "cs:cs:LG")
        oai.first(Span(date(1999, 5, 1)), None)
    first, second = (asked.arguments for asked in repository.asked)
    assert (first["from"], first["until"], first["set"]) == ("2026-05-05", "2026-05-06", "cs:cs:LG")
    assert "from" not in second


def test_nothing_matches() -> None:
    """noRecordsMatch is a page without records."""
    with source(Repository(made_up(3))) as oai:
        page = oai.first(Span(date(2026, 6, 1)), None)
    assert (page.papers, page.place.token) == ((), None)


def test_names_deleted_records() -> None:
    """A deleted record gives its id; of two records of one paper on a page the later one counts."""
    paper, other = made_up(2)
    with source(Repository([paper, replace(other, deleted=True)])) as oai:
        page = oai.first(SPAN, None)
    assert (ids([page]), page.deleted) == ([paper.id], (other.id,))


def with_entity(answer: Answer) -> Answer:
    """The right answer, with a text in an entity of its own."""
    body = answer.body.decode().replace("nodes", "&n;").replace("?>", '?><!DOCTYPE x [<!ENTITY n "nodes">]>', 1)
    return replace(answer, body=body.encode())


WRONG: dict[str, Callable[[Answer], Answer]] = {
    "half a page": served.half,
    "half a page without a length": served.half_without_length,
    "nothing": served.in_place(b""),
    "HTML": served.in_place("<html><body>Maintenance<br></body></html>"),
    "other XML": served.in_place("<feed/>"),
    "a document type": with_entity,
    "an unknown encoding": served.changed('encoding="UTF-8"', 'encoding="klingon"'),
    "bytes that are no UTF-8": lambda answer: replace(answer, body=answer.body.replace(b"networks", b"\xff\xfe")),
    "a control character": served.changed("nodes", "no\x0cdes"),
    "another verb": served.changed('verb="ListRecords"', 'verb="ListIdentifiers"'),
    "no verb": served.changed(' verb="ListRecords"', ""),
    "no response date": served.changed("responseDate", "when"),
    "a response date that is none": served.changed("T10:00:00Z", "T99:00:00Z"),
    "no list": served.changed("ListRecords>", "Records>"),
    "a list without records": served.changed("record>", "rekord>"),
    "no header": served.changed("header>", "head>"),
    "no identifier": served.changed("identifier>", "name>"),
    "no datestamp": served.changed("datestamp>", "day>"),
    "a datestamp that is none": served.changed("<datestamp>2026", "<datestamp>26"),
    "no metadata": served.changed("metadata>", "data>"),
    "no title": served.changed("title>", "heading>"),
    "no abstract": served.changed("abstract>", "summary>"),
    "no categories": served.changed("categories>", "subjects>"),
    "no version": served.changed("version", "edition"),
    "a version without its number": served.changed(' version="v1"', ""),
    "a version without its date": served.changed("date>", "moment>"),
    "a protocol error": served.in_place(
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-06-01T00:00:00Z</responseDate>'
        '<request>x</request><error code="badVerb">Illegal</error></OAI-PMH>'
    ),
    "no status of success": served.busy(status=500),
    "an encoding of transfer that was not asked for": lambda answer: replace(
        answer, headers={"Content-Encoding": "br"}
    ),
    "a damaged gzip": lambda answer: replace(served.packed(answer), body=served.packed(answer).body[:-12]),
}


@pytest.mark.parametrize("fault", WRONG.values(), ids=WRONG)
def test_asks_again_for_what_is_no_page(fault: Callable[[Answer], Answer]) -> None:
    """A page that is cut short, malformed, or lacks an element is asked for again, in the middle of a list too."""
    repository = Repository(made_up(5))
    repository.faults = [fault, lambda answer: answer, fault]
    with source(repository) as oai:
        assert ids(everything(oai)) == list(repository.papers)
    assert len(repository.asked) == 4


@pytest.mark.parametrize("fault", WRONG.values(), ids=WRONG)
def test_gives_up_in_the_end(fault: Callable[[Answer], Answer]) -> None:
    """After the last attempt the source is unavailable.

    The sentence names it, the reason and the number of attempts.
    """
    repository = Repository(made_up(5))
    repository.faults = [fault] * 9
    with source(repository, attempts=3) as oai, pytest.raises(DatasetUnavailableError, match=", 3 times") as caught:
        oai.first(SPAN, None)
    assert "http://127.0.0.1" in str(caught.value)
    assert len(repository.asked) == 3


@pytest.mark.parametrize("missing", [' version="v1"', "<title>Networks number 1</title>"], ids=["version", "title"])
def test_one_incomplete_record_does_not_end_a_harvest(missing: str) -> None:
    """A record that lacks an element at every attempt is reported by its identifier. The others are kept."""
    repository = Repository(made_up(3))
    second = list(repository.papers)[1]

    def spoiled(answer: Answer) -> Answer:
        before, mark, after = answer.body.decode().partition(f"<id>{second}</id>")
        assert mark and missing in after
        return replace(answer, body=(before + mark + after.replace(missing, "", 1)).encode())

    repository.faults = [spoiled] * 3
    with source(repository, attempts=3) as oai:
        page = oai.first(SPAN, None)
    assert [paper.id for paper in page.papers] == [each for each in repository.papers if each != second]
    assert len(page.bad) == 1 and second in page.bad[0].reason


def test_a_continued_list_needs_its_end() -> None:
    """A page that a token asked for and that has no token, not even an empty one, does not end the list."""
    repository = Repository(made_up(5))
    repository.faults = [lambda answer: answer, *[served.changed("<resumptionToken", "<token")] * 9]
    with (
        source(repository, attempts=2) as oai,
        pytest.raises(DatasetUnavailableError, match="lacks the resumptionToken"),
    ):
        everything(oai)


def test_an_expired_token_is_told_apart() -> None:
    """badResumptionToken is an error of its own, and is not asked again."""
    repository = Repository(made_up(5))
    with source(repository) as oai:
        token = oai.first(SPAN, None).place.token
        repository.tokens_hold = False
        with pytest.raises(ExpiredTokenError, match="badResumptionToken"):
            oai.next(str(token))
    assert len(repository.asked) == 2


@pytest.mark.parametrize("name", ["UTF-16", "ISO-8859-1", "windows-1252"])
def test_reads_the_encoding_that_a_page_declares(name: str) -> None:
    """A page in another encoding is read as it says."""
    paper = Paper("2605.00001", date(2026, 5, 4), title="Schrödinger")
    repository = Repository([paper])
    repository.faults = [served.encoded(name)]
    with source(repository) as oai:
        assert oai.first(SPAN, None).papers[0].paper.abstract.title == "Schrödinger"


def test_reads_compressed_pages() -> None:
    """Gzip is asked for and unpacked."""
    repository = Repository(made_up(2))
    repository.faults = [served.packed]
    with source(repository) as oai:
        assert len(oai.first(SPAN, None).papers) == 2
    assert repository.asked[0].headers["Accept-Encoding"] == "gzip"


def test_keeps_the_pace() -> None:
    """Between two requests lie three seconds, redirects and repeated ones among them."""
    repository, time = Repository(made_up(7)), Time()
    repository.faults = [lambda answer: answer, served.half]
    with source(repository, time, path="/old", pause_seconds=3.0) as oai:
        everything(oai)
    assert len(repository.asked) == 5
    assert time.waits == [3.0] * 4


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("20", 20.0),
        ("Wed, 10 Jun 2026 00:00:30 GMT", 30.0),
        ("soon", 3.0),
        (None, 3.0),
        ("0", 0.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 3.0),
    ],
)
def test_waits_as_long_as_it_is_asked_to(header: str | None, seconds: float) -> None:
    """Retry-After is honoured as seconds and as a date. Without it the pause doubles with each attempt."""
    repository, time = Repository(made_up(2)), Time()
    repository.faults = [served.busy(header)]
    with source(repository, time, pause_seconds=3.0) as oai:
        oai.first(SPAN, None)
    assert time.waits[0] == seconds
    assert sum(time.waits) >= 3.0


def test_does_not_wait_for_hours() -> None:
    """A Retry-After beyond the longest wait ends the command, and says how long was asked for."""
    repository, time = Repository(made_up(2)), Time()
    repository.faults = [served.busy("86400")]
    with source(repository, time) as oai, pytest.raises(DatasetUnavailableError, match="wait 86,400 seconds"):
        oai.first(SPAN, None)
    assert time.waits == []


def test_follows_redirects() -> None:
    """An old address that redirects for good is asked once; circles end."""
    repository = Repository(made_up(5))
    with source(repository, path="/old") as oai:
        assert len(ids(everything(oai))) == 5
    assert [bool(asked.arguments) for asked in repository.asked] == [False, True, True]
    with (
        source(repository, path="/round", attempts=1) as oai,
        pytest.raises(DatasetUnavailableError, match="redirects"),
    ):
        oai.first(SPAN, None)


def test_an_unknown_set_is_named_with_near_ones() -> None:
    """A set that the source does not list is wrong input. A known one without records is not."""
    repository = Repository(made_up(3))
    with source(repository) as oai:
        with pytest.raises(InvalidInputError, match=r"arXiv has no set 'cs\.LG'\. Near are cs:cs:LG"):
            oai.first(SPAN, "cs.LG")
        with pytest.raises(InvalidInputError, match="Known are cs, math, physics, q-bio"):
            oai.first(SPAN, "zzz")
        assert oai.first(SPAN, "q-bio").papers == ()


def test_a_record_without_sound_content_is_left_out() -> None:
    """A blank abstract or an impossible category is a bad record with its id. The others of the page are kept."""
    good, blank, odd = made_up(3)
    papers = [good, replace(blank, abstract="  "), replace(odd, categories="NOT/one")]
    with source(Repository(papers)) as oai:
        page = oai.first(SPAN, None)
    assert ids([page]) == [good.id]
    assert [record.line for record in page.bad] == [2, 3]
    assert f"oai:arXiv.org:{blank.id}: The abstract is blank" in str(page.bad[0])


def test_says_who_asks() -> None:
    """The User-Agent has program, version and the contact of the settings."""
    repository = Repository(made_up(1))
    with source(repository, contact="mailto:me@example.org") as oai:
        oai.first(SPAN, None)
    program, contact = repository.asked[0].headers["User-Agent"].split(" ", 1)
    assert program == f"arxiv-classifier/{version('arxiv-classifier')}"
    assert contact == "(mailto:me@example.org)"


def test_a_server_that_is_not_there() -> None:
    """A refused connection is unavailable, with the reason."""
    options = {"endpoint": "http://127.0.0.1:9/oai", "pause_seconds": 0, "attempts": 2}
    with pytest.raises(DatasetUnavailableError, match=r"cannot be reached \(Connection refused\), 2 times"):
        build(options, max_characters=100).first(SPAN, None)


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "oaipmh.arxiv.org"},
        {"endpoint": 3},
        {"endpoint": "http://[::1"},
        {"attempts": 0},
        {"pause_seconds": -1},
        {"pause_seconds": "3"},
        {"contact": "a\nb"},
        {"endpiont": "https://example.org"},
    ],
)
def test_refuses_wrong_options(options: dict[str, object]) -> None:
    """A wrong value or an unknown name is an error of configuration."""
    with pytest.raises(ConfigurationError) as caught:
        build(options, max_characters=100)
    assert isinstance(caught.value, ArxivClassifierError)
