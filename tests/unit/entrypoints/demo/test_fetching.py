"""A paper of arXiv on the page: fetched, and its true categories beside the predicted ones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from domain.errors import ArxivClassifierError, DatasetUnavailableError, InvalidInputError
from domain.ports.arxiv import PaperLookup
from entrypoints.container import container_of
from entrypoints.demo import presenter
from entrypoints.demo.backend import CategoryRow, Classified, Paper
from entrypoints.demo.fetching import Fetch, fetching
from entrypoints.demo.inputs import or_fetched, typed
from entrypoints.settings import Settings
from tests.atom_server import AtomPapers, atom_server
from tests.oai_server import Paper as Stored
from tests.oai_server import busy

pytest.importorskip("arxiv")
VERSIONS = (datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 9, tzinfo=UTC))
STORED = Stored("2606.01234", date(2026, 6, 9), VERSIONS, "Networks & layers", "Network loss.", "hep-th cs.LG q-bio.NC")
FETCHED = Paper("Network loss.", "Networks & layers v2", "2606.01234", "2026-06-02", ("hep-th", "cs.LG", "q-bio.NC"))
CLASSIFIED = Classified("m", (CategoryRow("cs.LG", 0.9, 0.4), CategoryRow("hep-th", 0.125, 0.4)))


@pytest.fixture
def papers() -> AtomPapers:
    """The papers of the local server of arXiv's API."""
    return AtomPapers([STORED])


@pytest.fixture
def fetch(papers: AtomPapers) -> Iterator[Fetch]:
    """Fetches from that server."""
    with atom_server(papers) as endpoint:
        yield fetching(_lookup(endpoint))


def _lookup(endpoint: str) -> PaperLookup:
    options = {"lookup_endpoint": endpoint, "pause_seconds": 0, "attempts": 1}
    lookup = container_of(Settings(arxiv=options)).paper_lookup()
    return lookup


@pytest.mark.parametrize("text", ["2606.01234", " https://arxiv.org/abs/2606.01234 ", "arXiv:2606.01234"])
def test_a_paper_comes_with_what_is_known_of_it(fetch: Fetch, text: str) -> None:
    """Title, abstract, identifier, day of submission and categories, the primary first, come from arXiv."""
    assert fetch(text) == FETCHED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2606.99999", "arXiv has no paper 2606.99999."),
        ("cs.LG", "'cs.LG' is not an arXiv identifier."),
        ("  ", "No arXiv identifier is given."),
        (None, "No arXiv identifier is given."),
    ],
)
def test_what_is_unknown_is_one_sentence(fetch: Fetch, text: str | None, said: str) -> None:
    """An unknown paper and a text that is no identifier are errors whose text can be shown."""
    with pytest.raises(InvalidInputError) as caught:
        fetch(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_without_a_network_one_sentence(fetch: Fetch, papers: AtomPapers) -> None:
    """An arXiv that is busy or that cannot be reached is an error whose text can be shown."""
    papers.faults = [busy()]
    for tried in (fetch, fetching(_lookup("http://127.0.0.1:1/api/query"))):
        with pytest.raises(DatasetUnavailableError, match=r"gives no papers: .* Try again later\.$") as caught:
            tried("2606.01234")
        assert isinstance(caught.value, ArxivClassifierError)


def test_true_categories_stand_beside_predicted_ones() -> None:
    """Each true category is listed with what became of it, and marked on its bar. The others are not."""
    html = presenter.bars(CLASSIFIED, None, FETCHED)
    assert "<b>hep-th</b> (primary; not given, 12.5 %)" in html
    assert "<b>cs.LG</b> (cross-list; given)" in html
    assert "<b>q-bio.NC</b> (cross-list; this model does not know it)" in html
    assert 'href="https://arxiv.org/abs/2606.01234"' in html and "submitted 2026-06-02" in html
    assert html.count('<i class="role">primary</i>') == html.count('<i class="role">cross-list</i>') == 1
    assert "(primary; given)" in presenter.bars(CLASSIFIED, 0.1, FETCHED)


def test_a_typed_paper_has_no_true_categories() -> None:
    """Without true categories, the bars are those that they are without a paper."""
    assert presenter.bars(CLASSIFIED, None, Paper("x")) == presenter.bars(CLASSIFIED, None)


def test_what_was_fetched_holds_while_it_stands_in_the_boxes() -> None:
    """A paper that was fetched keeps its categories until its title, abstract or date is changed."""
    assert or_fetched(typed(FETCHED.title, f"{FETCHED.abstract}\n"), FETCHED) == FETCHED
    assert or_fetched(typed(FETCHED.title, FETCHED.abstract, f" {FETCHED.date} "), FETCHED) == FETCHED
    assert or_fetched(typed("Another", FETCHED.abstract), FETCHED).categories == ()
    other = typed(FETCHED.title, FETCHED.abstract, "2012-05")
    assert or_fetched(other, FETCHED) == other
    assert or_fetched(typed("", "An abstract."), None) == Paper("An abstract.")
