"""The columns that a source of papers must have and may have, and their names in the source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.errors import ConfigurationError, InvalidInputError
from domain.spelling import nearest

# The first of these that a record has gives its date. Kaggle's `versions` holds the submission's date.
DATES = ("year_month", "date", "published", "versions")
UPDATED = "update_date"
# The weight of a labelled paper.
WEIGHT = "weight"
NAMES = ("id", "title", "abstract", "categories", *DATES, UPDATED, WEIGHT)

# Other common names of these columns, used only for suggestions.
_OTHER_NAMES = {
    "abstract": ("summary", "text", "description", "body", "content", "abstracts"),
    "categories": ("labels", "label", "category", "keywords", "tags", "subjects", "topics", "classes"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a reader needs. A source without a required one is refused before its first record.

    `named` maps a column to its name in the source, such as `{"abstract": "Summary"}`. If no name matches exactly, one
    that differs only in case or surrounding white space is used. `told` holds the messages already logged about the
    source, which is read several times. `kept` are further columns, by their names in the source, which the
    output keeps.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    named: Mapping[str, str] = field(default_factory=dict)
    told: set[object] = field(default_factory=set, compare=False, repr=False)
    kept: tuple[str, ...] = ()
    kept_types: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def all(self) -> tuple[str, ...]:
        """The required and optional columns."""
        return self.required + self.optional

    def called(self, named: Mapping[str, str], told: set[object] | None = None) -> "Columns":
        """Returns the columns with the names of a source. Raises ConfigurationError for an unknown column."""
        for name in named:
            if name not in NAMES:
                near = nearest(name, NAMES)
                hint = f"Did you mean {near}?" if near else f"Known are {', '.join(NAMES)}."
                raise ConfigurationError(f"No reader has a column {name!r} that --columns could name. {hint}")
        wanted = {name: theirs for name, theirs in named.items() if name in self.all}
        return replace(self, named=wanted, told=set() if told is None else told)

    def keeping(self, names: Iterable[str], types: Mapping[str, object] | None = None) -> "Columns":
        """Returns the columns with further ones that are kept, of parquet as those Arrow types."""
        return replace(self, kept=tuple(names), kept_types=types or {})

    def has_kept(self, found: Iterable[str]) -> bool:
        """Returns whether all kept columns are among those found."""
        return set(self.kept) <= set(found)

    def first_time(self, said: object) -> bool:
        """Returns true the first time that this is reported for the source, else false."""
        new = said not in self.told
        self.told.add(said)
        return new

    def places(self, found: Iterable[str]) -> dict[str, str]:
        """Returns the source's name of each wanted column among those found."""
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

    def refuse_repeated(self, found: Sequence[str], source: str) -> None:
        """Raises InvalidInputError if several columns match a wanted one, or one to keep, equally well."""
        for name, place in self.places(found).items():
            same = [each for each in found if each == place] if place == self.named.get(name, name) else []
            alike = same or [each for each in found if _plain(each) == _plain(place)]
            if len(alike) > 1:
                raise InvalidInputError(f"{source} has the columns {', '.join(alike)}. Rename all but one of them.")
        for name in self.kept:
            if list(found).count(name) > 1:
                raise InvalidInputError(f"{source} has the columns {name}, {name}. Rename all but one of them.")

    def suffice(self, places: Mapping[str, str]) -> bool:
        """Returns whether every required column is among the places."""
        return set(self.required) <= places.keys()

    def missing(self, places: Mapping[str, str]) -> bool:
        """Returns whether a required column, or one in `named`, is not among the places."""
        return not (self.suffice(places) and self.named.keys() <= places.keys())

    def refuse(self, found: Iterable[str], source: str) -> InvalidInputError:
        """Returns the error for a source that lacks a required column or one in `named`."""
        names = [str(each) for each in found]
        has = ", ".join(names) or "none"
        places = self.places(names)
        for name, theirs in self.named.items():
            if name not in places:
                return InvalidInputError(
                    f"{source} has the columns {has}; --columns {name}={theirs} names one that does not exist. "
                    "Give the name of one that does."
                )
        for name in self.kept:
            if name not in names:
                return InvalidInputError(
                    f"{source} has the columns {has}; --keep-columns {name} names one that does not exist."
                )
        wanted = [name for name in self.required if name not in places]
        return InvalidInputError(
            f"{source} has the columns {has}; wanted are {' and '.join(self.required)} "
            f"(and, where known, {', '.join(self.optional)}). Say which one is which: "
            f"--columns {','.join(f'{name}={_likely(name, names)}' for name in wanted)}."
        )


def one_date(places: Mapping[str, str]) -> dict[str, str]:
    """Returns the places with only the first date."""
    unused = [name for name in DATES if name in places][1:]
    return {name: theirs for name, theirs in places.items() if name not in unused}


def _plain(name: str) -> str:
    return name.strip().casefold()


def _likely(name: str, found: Iterable[str]) -> str:
    """Returns the column that is probably meant, or a placeholder for its name."""
    by_plain = {_plain(each): each for each in found}
    return next((by_plain[other] for other in _OTHER_NAMES.get(name, ()) if other in by_plain), "NAME")


LABELLED = Columns(required=("abstract", "categories"), optional=("id", "title", *DATES, UPDATED, WEIGHT))
INDEXED = Columns(required=("abstract",), optional=("id", "title", "categories", *DATES, UPDATED))
UNLABELLED = Columns(required=("abstract",), optional=("id", "title", *DATES, UPDATED))
