"""Papers by their ids, on a server of Atom."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from adapters.arxiv.lookup import ArxivLookup, build
from domain.arxiv_identifier import ArxivIdentifier
from domain.arxiv_paper import ArxivPaper
from domain.errors import DatasetUnavailableError
from tests import oai_server as served
from tests.atom_server import AtomPapers, atom_server
from tests.oai_server import Answer, Paper, made_up

VERSIONS = (datetime(2026, 5, 31, 23, tzinfo=UTC), datetime(2026, 6, 4, tzinfo=UTC))
PAPERS = [
    Paper("2606.01234", date(2026, 6, 4), VERSIONS, "On\n  networks", categories="cs.CV cs.LG eess.IV"),
    Paper("cs/0112017", date(2026, 6, 4), abstract=" "),
    *made_up(150),
]


@contextmanager
def lookup(papers: AtomPapers, **options: object) -> Iterator[ArxivLookup]:
    """A look-up that waits for nothing."""
    with atom_server(papers) as endpoint:
        yield build({"lookup_endpoint": endpoint, "pause_seconds": 0, **options}, max_characters=500)


def found(lookup: ArxivLookup, *ids: str) -> list[ArxivPaper | str]:
    """Returns the papers that are found by ids."""
    return list(lookup.find([ArxivIdentifier.parse(each) for each in ids]))


def test_finds_a_paper() -> None:
    """Title, abstract, both dates and the categories with the primary first come. The id is the one asked for."""
    with lookup(AtomPapers(PAPERS)) as look:
        (paper,) = found(look, "2606.01234")
    assert isinstance(paper, ArxivPaper)
    assert (paper.id, paper.paper.abstract.title, paper.month) == ("2606.01234", "On networks v2", "2026-05")
    assert paper.paper.abstract.text == "We study something by means of networks."
    assert [str(each) for each in paper.paper.categories] == ["cs.CV", "cs.LG", "eess.IV"]
    assert (paper.submitted, paper.updated) == VERSIONS


def test_finds_versions() -> None:
    """A version that is named is the one that comes, beside the newest one."""
    with lookup(AtomPapers(PAPERS)) as look:
        papers = found(look, "2606.01234v1", "2606.01234", "2606.01234v3")
    titles = [paper.paper.abstract.title for paper in papers if isinstance(paper, ArxivPaper)]
    assert titles == ["On networks v1", "On networks v2"]
    assert papers[2] == "arXiv has no paper 2606.01234v3."


def test_asks_for_a_hundred_at_a_time() -> None:
    """Many papers come in the order of their ids, in few requests; what is unknown or blank is said in its place."""
    papers = AtomPapers(PAPERS)
    ids = [paper.id for paper in made_up(150)]
    with lookup(papers) as look:
        answers = found(look, "2606.99999", *ids, "cs/0112017")
    assert [answer.id for answer in answers if isinstance(answer, ArxivPaper)] == ids
    assert answers[0] == "arXiv has no paper 2606.99999."
    assert str(answers[-1]).startswith("cs/0112017: The abstract is blank.")
    assert [len(asked) for asked, _ in papers.asked] == [100, 52]


def test_an_impossible_id_spoils_no_others() -> None:
    """If arXiv refuses a request for one id's form, each is asked for alone."""
    with lookup(AtomPapers(PAPERS), attempts=1) as look:
        answers = found(look, "2606.01234", "foo/0112017")
    assert isinstance(answers[0], ArxivPaper)
    assert answers[1] == "arXiv has no paper foo/0112017."


FAULTS: dict[str, Callable[[Answer], Answer]] = {
    "half": served.half,
    "half without a length": served.half_without_length,
    "HTML": served.in_place("<p>Busy"),
    "unavailable": served.busy("0"),
    "an error": served.busy(status=500),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_asks_again(fault: Callable[[Answer], Answer]) -> None:
    """A feed that is not whole, or none, is asked for again, a bounded number of times."""
    papers = AtomPapers(PAPERS)
    papers.faults = [fault]
    with lookup(papers, attempts=3) as look:
        assert isinstance(found(look, "2606.01234")[0], ArxivPaper)
        papers.faults = [fault] * 30
        with pytest.raises(DatasetUnavailableError, match="gives no papers"):
            found(look, "2606.01234")
    assert 5 <= len(papers.asked) <= 12


def test_does_not_wait_for_hours() -> None:
    """A Retry-After beyond the longest wait ends the command, and says how long was asked for."""
    papers = AtomPapers(PAPERS)
    papers.faults = [served.busy("86400")]
    with lookup(papers) as look, pytest.raises(DatasetUnavailableError, match="wait 86,400 seconds"):
        found(look, "2606.01234")
    assert len(papers.asked) == 1


def test_says_that_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    """A wait that the server asks for is in the log, with its seconds."""
    papers = AtomPapers(PAPERS)
    papers.faults = [served.busy("0")]
    with lookup(papers) as look:
        found(look, "2606.01234")
    assert "it answers with HTTP status 503. Asking again in 0 seconds." in caplog.text


def test_a_date_that_is_none_gives_no_papers() -> None:
    """A feed whose dates cannot be read is unavailable, with the reason."""
    papers = AtomPapers(PAPERS)
    papers.faults = [served.changed("<published>", "<published>junk")] * 9
    with lookup(papers) as look, pytest.raises(DatasetUnavailableError, match=r"gives no papers: .*junk"):
        found(look, "2606.01234")


def test_says_who_asks() -> None:
    """The User-Agent has the program and the contact."""
    papers = AtomPapers(PAPERS)
    with lookup(papers, contact="me@example.org") as look:
        found(look, "2606.01234")
    assert papers.asked[0][1]["User-Agent"].startswith("arxiv-classifier/")
    assert papers.asked[0][1]["User-Agent"].endswith("(me@example.org)")


def test_a_server_that_is_not_there() -> None:
    """A refused connection is unavailable, with the reason."""
    look = build({"lookup_endpoint": "http://127.0.0.1:9/x", "pause_seconds": 0, "attempts": 2}, max_characters=9)
    with pytest.raises(DatasetUnavailableError, match=r"127\.0\.0\.1:9/x gives no papers: Connection refused\."):
        found(look, "2606.01234")
