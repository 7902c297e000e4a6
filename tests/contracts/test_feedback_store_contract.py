"""The contract of every store of feedback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.abstract import Abstract
from domain.category import Category
from domain.feedback import Feedback
from domain.ports.feedback_store import FeedbackStore, Kept
from tests.fakes.feedback_store import FakeFeedbackStore
from tests.unit.adapters.feedback_store.database import database


@pytest.fixture(params=["fake", "django"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedbackStore]:
    """A store that holds nothing."""
    if request.param == "fake":
        yield FakeFeedbackStore()
        return
    pytest.importorskip("django")
    from adapters.feedback_store.store import DjangoFeedbackStore

    with database(tmp_path / "feedback.sqlite3", monkeypatch):
        yield DjangoFeedbackStore()


def feedback(id_: str, *labels: str, text: str | None = None, source: str = "") -> Feedback:
    """Feedback on a prediction."""
    abstract = Abstract(text, "A title") if text is not None else None
    return Feedback(id_, tuple(map(Category, labels)), abstract, source)


def test_what_was_kept_is_there(store: FeedbackStore) -> None:
    """Feedback comes back whole, by when it came: words of any script, labels in their order."""
    first = feedback("a:0", "hep-th", "cs.LG", text="Où 東京 \U0001f600\n", source="modérateur")
    second = feedback("b:1", "math-ph")
    assert store.keep([first, second]) == (Kept.CREATED, Kept.CREATED)
    assert [each.feedback for each in store.latest()] == [first, second]


def test_the_same_once_more_changes_nothing(store: FeedbackStore) -> None:
    """Feedback that is sent twice is kept once, and its time stays."""
    store.keep([feedback("a:0", "cs.LG", source="x")])
    (before,) = store.latest()
    assert store.keep([feedback("a:0", "cs.LG", source="x")]) == (Kept.UNCHANGED,)
    assert list(store.latest()) == [before]


def test_the_latest_holds(store: FeedbackStore) -> None:
    """Later feedback replaces what was there, and the place of the first stays; going back is a change too."""
    store.keep([feedback("a:0", "cs.LG")])
    store.keep([feedback("b:0", "cs.LG")])
    assert store.keep([feedback("a:0", "cs.CV")]) == (Kept.REPLACED,)
    first, second = store.latest()
    assert (first.feedback, second.feedback.prediction_id) == (feedback("a:0", "cs.CV"), "b:0")
    assert first.first_received <= first.received
    assert store.keep([feedback("a:0", "cs.LG")]) == (Kept.REPLACED,)
    assert next(store.latest()).feedback == feedback("a:0", "cs.LG")


def test_twice_at_once(store: FeedbackStore) -> None:
    """Of two feedbacks on one prediction in one go, the second holds."""
    found = store.keep([feedback("a:0", "cs.LG"), feedback("a:0", "cs.CV"), feedback("a:0", "cs.CV")])
    assert found == (Kept.CREATED, Kept.REPLACED, Kept.UNCHANGED)
    assert [each.feedback for each in store.latest()] == [feedback("a:0", "cs.CV")]


def test_much_at_once(store: FeedbackStore) -> None:
    """A thousand are kept in one go."""
    given = [feedback(f"r{number}:0", "cs.LG") for number in range(1200)]
    assert set(store.keep(given)) == {Kept.CREATED}
    assert set(store.keep(given)) == {Kept.UNCHANGED}
    assert sum(1 for _ in store.latest()) == 1200


def test_nothing(store: FeedbackStore) -> None:
    """An empty store has nothing, and keeping nothing is fine."""
    assert store.keep([]) == ()
    assert list(store.latest()) == []
