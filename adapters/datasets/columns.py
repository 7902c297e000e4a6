"""Which columns a source of papers must have and may have, and under which names a source has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.errors import ConfigurationError, InvalidInputError
from domain.spelling import nearest

# The first of these that a record has says when it was filed; Kaggle's `versions` holds the submission's date.
DATES = ("year_month", "date", "published", "versions")
UPDATED = "update_date"
# How much a labelled paper counts.
WEIGHT = "weight"
NAMES = ("id", "title", "abstract", "categories", *DATES, UPDATED, WEIGHT)

# What such columns are often called; only a suggestion is made of it.
_OTHER_NAMES = {
    "abstract": ("summary", "text", "description", "body", "content", "abstracts"),
    "categories": ("labels", "label", "category", "keywords", "tags", "subjects", "topics", "classes"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a reader asks for; a source without a required one is refused before its first record.

    `named` says under which name a source has a column, by the column's own name: `{"abstract": "Summary"}`. A name
    that is the same but for its case or for white space around it will do, where none is the same outright. `told` is
    what the log has of the source already, which is read several times.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    told: set[object] = field(default_factory=set, compare=False, repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        """Required and optional ones."""
        return self.required + self.optional

    def called(self, named: Mapping[str, str], told: set[object] | None = None) -> "Columns":
        """The same columns under the names of a source; ConfigurationError for a column that no reader knows."""
        for name in named:
            if name not in NAMES:
                near = nearest(name, NAMES)
                hint = f"Did you mean {near}?" if near else f"Known are {', '.join(NAMES)}."
                raise ConfigurationError(f"No reader has a column {name!r} that --columns could name. {hint}")
        wanted = {name: theirs for name, theirs in named.items() if name in self.all}
        return replace(self, named=wanted, told=set() if told is None else told)

    def first_time(self, said: object) -> bool:
        """Returns true the first time that this is said of the source, and false from then on."""
        new = said not in self.told
        self.told.add(said)
        return new

    def places(self, found: Iterable[str]) -> dict[str, str]:
        """The name in the source of each wanted column that is among those found."""
        exact = list(found)
        alike: dict[str, str] = {}
        for each in exact:
            alike.setdefault(_plain(each), each)
        places = {}
        for name in self.all:
            theirs = self.named.get(name, name)
            place = theirs if theirs in exact else alike.get(_plain(theirs))
            if place is not None:
                places[name] = place
        return places

    def suffice(self, places: Mapping[str, str]) -> bool:
        """Whether every required column is among the places, of a record that may leave out others."""
        return set(self.required) <= places.keys()

    def missing(self, places: Mapping[str, str]) -> bool:
        """Whether a required column, or one that `named` has, is not among the places."""
        return not (self.suffice(places) and self.named.keys() <= places.keys())

    def refuse(self, found: Iterable[str], source: str) -> InvalidInputError:
        """The error for a source without the required columns, or without one that `named` has."""
        names = [str(each) for each in found]
        has = ", ".join(names) or "none"
        places = self.places(names)
        for name, theirs in self.named.items():
            if name not in places:
                return InvalidInputError(
                    f"{source} has the columns {has}; --columns {name}={theirs} names one that is not there. "
                    "Give the name of one that is."
                )
        wanted = [name for name in self.required if name not in places]
        return InvalidInputError(
            f"{source} has the columns {has}; wanted are {' and '.join(self.required)} "
            f"(and, where known, {', '.join(self.optional)}). Say which one is which: "
            f"--columns {','.join(f'{name}={_likely(name, names)}' for name in wanted)}."
        )


def one_date(places: Mapping[str, str]) -> dict[str, str]:
    """The places with no more than one date, the first."""
    unused = [name for name in DATES if name in places][1:]
    return {name: theirs for name, theirs in places.items() if name not in unused}


def _plain(name: str) -> str:
    return name.strip().casefold()


def _likely(name: str, found: Iterable[str]) -> str:
    """The column that is probably meant, or a word that stands for its name."""
    by_plain = {_plain(each): each for each in found}
    return next((by_plain[other] for other in _OTHER_NAMES.get(name, ()) if other in by_plain), "NAME")


LABELLED = Columns(required=("abstract", "categories"), optional=("id", "title", *DATES, UPDATED, WEIGHT))
INDEXED = Columns(required=("abstract",), optional=("id", "title", "categories", *DATES, UPDATED))
UNLABELLED = Columns(required=("abstract",), optional=("id", "title", *DATES, UPDATED))
