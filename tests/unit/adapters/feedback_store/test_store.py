"""The database of feedback: history, processes that write at once, and what is said when it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import StorageUnavailableError
from domain.feedback import Feedback
from tests.unit.adapters.feedback_store.database import database

pytest.importorskip("django")


def feedback(id_: str, label: str, text: str = "words") -> Feedback:
    """Feedback with words."""
    return Feedback(id_, (Category(label),), Abstract(text))


def test_history_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaced feedback is still in the table, with its number."""
    with database(tmp_path / "f.sqlite3", monkeypatch):
        from adapters.feedback_store.models import Revision  # models need Django to be configured
        from adapters.feedback_store.store import DjangoFeedbackStore

        for label in ("cs.LG", "cs.CV", "cs.CV", "cs.LG"):
            DjangoFeedbackStore().keep([feedback("a:0", label)])
        rows = [(row.number, row.labels) for row in Revision.objects.order_by("number")]
        assert rows == [(1, "cs.LG"), (2, "cs.CV"), (3, "cs.LG")]
        assert str(Revision.objects.first()) == "a:0 #1: cs.LG"


def test_what_postgresql_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zero character is kept as the replacement character, and the same feedback once more is no change."""
    from adapters.feedback_store.store import DjangoFeedbackStore

    with database(tmp_path / "f.sqlite3", monkeypatch):
        store = DjangoFeedbackStore()
        assert [str(*store.keep([feedback("a:0", "cs.LG", "a\0b")])) for _ in range(2)] == ["created", "unchanged"]
        (held,) = store.latest()
        assert held.feedback.abstract == Abstract("a\N{REPLACEMENT CHARACTER}b")


@pytest.mark.parametrize("state", ["no table", "no database", "no folder"])
def test_a_database_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """A database without tables, a file that is none and a folder that is gone are named with what to do."""
    from adapters.feedback_store.store import DjangoFeedbackStore

    path = tmp_path / ("gone/f.sqlite3" if state == "no folder" else "f.sqlite3")
    if state == "no database":
        path.write_bytes(b"no database at all" * 100)
    with database(path, monkeypatch, migrate=False):
        with pytest.raises(StorageUnavailableError, match="arxiv-classifier manage migrate"):
            DjangoFeedbackStore().keep([feedback("a:0", "cs.LG")])
        with pytest.raises(StorageUnavailableError, match="cannot be used"):
            list(DjangoFeedbackStore().latest())


_WRITE = """
import sys
from entrypoints.rest.server import set_up
set_up(sys.argv[1])
from adapters.feedback_store.store import DjangoFeedbackStore
from domain.category import Category
from domain.feedback import Feedback
store = DjangoFeedbackStore()
shared = Feedback("shared:0", (Category(sys.argv[3]),))
for number in range(40):
    store.keep([Feedback(f"{sys.argv[2]}{number}:0", (Category("cs.LG"),)), shared])
"""


def test_processes_write_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """Three processes that write at the same time, to the same prediction among others, all succeed."""
    from adapters.feedback_store.models import Revision
    from adapters.feedback_store.store import DjangoFeedbackStore

    path = tmp_path / "f.sqlite3"
    with database(path, monkeypatch):
        arguments = [("a", "cs.LG"), ("b", "cs.CV"), ("c", "hep-th")]
        commands = [[sys.executable, "-c", _WRITE, str(path), *each] for each in arguments]
        writers = [subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE) for command in commands]
        assert [(writer.communicate(timeout=100)[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
        assert sum(1 for _ in DjangoFeedbackStore().latest()) == 121
        numbers = [row.number for row in Revision.objects.filter(prediction_id="shared:0").order_by("number")]
        assert numbers == list(range(1, len(numbers) + 1))
