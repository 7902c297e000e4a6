"""An SQLite database of the papers not yet published and of each harvest's progress."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from adapters.harvest_store.rows import Row
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.harvest import HarvestCounts, HarvestPosition, HarvestState, Span

NAME = ".harvest.sqlite"
_FORMAT = 1
# A paper without a month was deleted. `counted` holds the changes of publishing a month from before its file is
# replaced until its papers leave the journal, so that a kill in between counts nothing twice.
_TABLES = """
CREATE TABLE paper (
  id TEXT PRIMARY KEY, month TEXT, title TEXT, abstract TEXT, categories TEXT, submitted INTEGER, updated INTEGER
) WITHOUT ROWID;
CREATE INDEX paper_month ON paper (month);
CREATE TABLE state (selection TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE counted (month TEXT PRIMARY KEY, new INTEGER, updated INTEGER, deleted INTEGER);
"""
# Journals of earlier versions of the program lack it.
_HELD = "CREATE TABLE IF NOT EXISTS held (month TEXT PRIMARY KEY, papers INTEGER NOT NULL)"
_COLUMNS = "id, title, abstract, categories, month, submitted, updated"
_TOTAL = ""


class Journal:
    """A database in the folder of the monthly files, which one process at a time holds open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._sentences():
            # Every statement outside a transaction commits by itself.
            self._database = sqlite3.connect(folder / NAME, timeout=0, isolation_level=None)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._prepare()

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Returns whether a folder has a journal."""
        return (folder / NAME).is_file()

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def state(self, selection: str) -> HarvestState:
        """Returns the recorded state of a selection."""
        with self._sentences():
            found = self._database.execute("SELECT content FROM state WHERE selection = ?", (selection,)).fetchone()
        return _state(found[0]) if found else HarvestState()

    def add(self, rows: Iterable[Row], deleted: Iterable[str], selection: str, state: HarvestState) -> None:
        """Keeps rows, deletions and the state after them in one transaction."""
        with self._transaction() as database:
            database.executemany(f"INSERT OR REPLACE INTO paper ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.executemany("INSERT OR REPLACE INTO paper (id) VALUES (?)", ((each,) for each in deleted))
            self._record(selection, state)

    @property
    def waiting(self) -> int:
        """The number of papers and deletions in the journal."""
        with self._sentences():
            return int(self._database.execute("SELECT count(*) FROM paper").fetchone()[0])

    def ids(self) -> list[str]:
        """Returns the ids of all papers and deletions."""
        with self._sentences():
            return [row[0] for row in self._database.execute("SELECT id FROM paper ORDER BY id")]

    def months(self) -> list[str]:
        """Returns the months of the papers."""
        with self._sentences():
            found = self._database.execute("SELECT DISTINCT month FROM paper WHERE month IS NOT NULL ORDER BY month")
            return [row[0] for row in found]

    def papers(self, month: str) -> Iterator[Row]:
        """Yields the papers of a month, sorted by id."""
        query = f"SELECT {_COLUMNS} FROM paper WHERE month = ? ORDER BY id"
        with self._sentences():
            yield from self._database.execute(query, (month,))

    def paper(self, identifier: str) -> Row | None:
        """Returns the paper with an id, or None if it was deleted or is unknown."""
        query = f"SELECT {_COLUMNS} FROM paper WHERE id = ? AND month IS NOT NULL"
        with self._sentences():
            found: Row | None = self._database.execute(query, (identifier,)).fetchone()
        return found

    @property
    def publishing(self) -> bool:
        """Whether a process was killed while it published, so that perhaps only some months were written."""
        with self._sentences():
            query = "SELECT count(*) FROM counted WHERE month <> ?"
            return bool(self._database.execute(query, (_TOTAL,)).fetchone()[0])

    def count(self, month: str, counts: HarvestCounts) -> None:
        """Records the changes of publishing a month, once. A second call, after a kill, keeps the first record."""
        with self._transaction() as database:
            values = (month, counts.new, counts.updated, counts.deleted)
            database.execute("INSERT OR IGNORE INTO counted VALUES (?, ?, ?, ?)", values)

    def held(self) -> dict[str, int]:
        """Returns the number of papers that each month had when it was last published."""
        with self._sentences():
            return dict(self._database.execute("SELECT month, papers FROM held"))

    def forget_progress(self, held: Mapping[str, int]) -> None:
        """Forgets which days are complete, and records what the months have now."""
        with self._transaction() as database:
            database.execute("DELETE FROM state")
            self._hold(held)

    def published(self, held: Mapping[str, int]) -> None:
        """Empties the journal, adds the recorded changes to the totals and records what the months have now."""
        with self._transaction() as database:
            new, updated, deleted = database.execute(
                "SELECT total(new), total(updated), total(deleted) FROM counted"
            ).fetchone()
            database.execute("DELETE FROM counted")
            database.execute("INSERT INTO counted VALUES (?, ?, ?, ?)", (_TOTAL, int(new), int(updated), int(deleted)))
            database.execute("DELETE FROM paper")
            self._hold(held)

    def finish(self, selection: str, state: HarvestState) -> HarvestCounts:
        """Records the state, returns the totals and resets them."""
        with self._transaction() as database:
            found = database.execute("SELECT new, updated, deleted FROM counted WHERE month = ?", (_TOTAL,)).fetchone()
            database.execute("DELETE FROM counted")
            self._record(selection, state)
        return HarvestCounts(*found) if found else HarvestCounts()

    def _hold(self, held: Mapping[str, int]) -> None:
        self._database.execute("DELETE FROM held")
        self._database.executemany("INSERT INTO held VALUES (?, ?)", held.items())

    def _record(self, selection: str, state: HarvestState) -> None:
        content = json.dumps(asdict(state), default=_iso)
        self._database.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (selection, content))

    def _prepare(self) -> None:
        found = self._database.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, _FORMAT):
            raise InvalidInputError(
                f"The harvest in {self._folder} has format {found}; this program reads {_FORMAT}. Upgrade the program."
            )
        if found == 0:
            self._database.execute("PRAGMA auto_vacuum = FULL")  # frees the space of published papers
            self._database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_FORMAT}; COMMIT;")
        else:
            self._database.executescript("BEGIN IMMEDIATE; COMMIT;")  # takes the lock, which this connection then keeps
        self._database.execute(_HELD)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._sentences():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise InvalidInputError(
                    f"Another harvest is writing to {self._folder}. Wait for it, or name another folder."
                ) from error
            raise ArxivClassifierError(
                f"Writing to {self._folder} failed: {error}. What was written is complete; run the command again."
            ) from error
        except sqlite3.DatabaseError as error:
            raise InvalidInputError(
                f"{self._folder / NAME} is damaged ({error}). Remove it, and the next harvest starts anew."
            ) from error


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a state")


def _state(content: str) -> HarvestState:
    said = json.loads(content)
    covered, position = said["covered"], said["position"]
    return HarvestState(_span(covered) if covered else None, _position(position) if position else None)


def _position(said: dict[str, str]) -> HarvestPosition:
    return HarvestPosition(
        asked=_span(said["asked"]),
        span=_span(said["span"]),
        began=date.fromisoformat(said["began"]),
        reached=date.fromisoformat(said["reached"]) if said["reached"] else None,
        in_order=bool(said["in_order"]),
        token=said["token"],
        token_expires=datetime.fromisoformat(said["token_expires"]) if said["token_expires"] else None,
    )


def _span(said: object) -> Span:
    days = dict(said)  # type: ignore[call-overload]  # a span by asdict
    return Span(date.fromisoformat(days["since"]), date.fromisoformat(days["until"]) if days["until"] else None)
