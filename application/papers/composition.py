"""The shares of primary categories in sets of papers, and how they differ between splits and from all of arXiv."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import primaries_with_weights
from domain.taxonomy import Taxonomy

Shares = Mapping[str, float]

ARXIV = "arXiv"
# If 20 papers are expected, fewer than 4 occur by chance in 3 of a million cases (Poisson). Over arXiv's 155 categories
# in use, one check in 2,000 gives a false warning.
_EXPECTED = 20.0
_NEARLY_ABSENT = 0.2
_LEAST_COMMON = 0.5
_NAMES = {"train": "training"}


@dataclass(slots=True)
class PaperComposition:
    """The weight of papers by primary category. `papers` counts all papers, whatever their weight."""

    papers: int = 0
    primaries: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, papers: Iterable[LabelledAbstract]) -> "PaperComposition":
        """Returns the make-up of these papers."""
        found = cls()
        for primary, weight in primaries_with_weights(papers):
            found._add(primary, weight)
        return found

    def add(self, paper: LabelledAbstract) -> None:
        """Adds one paper."""
        self._add(paper.primary, paper.weight)

    def _add(self, primary: Label, weight: float) -> None:
        self.papers += 1
        name = primary.identifier
        self.primaries[name] = self.primaries.get(name, 0.0) + weight

    def shares(self) -> dict[str, float]:
        """Returns the share of the papers' weight by primary category."""
        total = sum(self.primaries.values())
        return {name: weight / total for name, weight in self.primaries.items()} if total else {}


@dataclass(frozen=True, slots=True)
class Scarcity:
    """A nearly absent category: `papers` have it first, where the shares of `reference` predict `expected`."""

    category: str
    papers: float
    expected: float
    reference: str

    def __str__(self) -> str:
        reference = _NAMES.get(self.reference, self.reference)
        return f"{self.category} ({self.papers:,.0f} of {self.expected:,.0f} expected as in {reference})"


def distance(left: Shares, right: Shares) -> float:
    """Returns the total variation distance of two make-ups, which is the share of papers that differ."""
    return sum(abs(left.get(name, 0.0) - right.get(name, 0.0)) for name in {*left, *right}) / 2


def scarce_categories(
    found: PaperComposition, references: Mapping[str, Shares], among: Iterable[Sequence[str]]
) -> tuple[Scarcity, ...]:
    """Returns the categories of which a reference predicts at least 20 papers and less than a fifth are there.

    `among` are groups of categories to check. Twins form one group, named after its more frequent member. The result is
    sorted by expected papers, largest first. Each category has the reference that predicts most.
    """
    own = found.shares()
    scarce = []
    for group in among:
        promised = {name: _share(shares, group) for name, shares in references.items()}
        reference = max(promised, key=lambda name: promised[name], default="")
        expected = promised.get(reference, 0.0) * found.papers
        held = _share(own, group) * found.papers
        if expected >= _EXPECTED and held < expected * _NEARLY_ABSENT:
            shares = references[reference]
            scarce.append(Scarcity(max(group, key=lambda name: shares.get(name, 0.0)), held, expected, reference))
    return tuple(sorted(scarce, key=lambda each: (-each.expected, each.category)))


def _share(shares: Shares, group: Sequence[str]) -> float:
    return sum(shares.get(name, 0.0) for name in group)


def comparable(shares: Shares, arxiv: Shares) -> bool:
    """Returns whether at least half of the papers have a primary category of arXiv."""
    return sum(share for name, share in shares.items() if name in arxiv) >= _LEAST_COMMON


@dataclass(frozen=True, slots=True)
class Comparison:
    """The distances between the make-ups of splits, and the categories that validation nearly lacks.

    `distances` is by split, then by what it is compared with. Without a validation split, `scarce` is of the first
    split.
    """

    distances: Mapping[str, Mapping[str, float]]
    scarce: tuple[Scarcity, ...]


def compared(make_ups: Mapping[str, PaperComposition], arxiv: Shares, taxonomy: Taxonomy) -> Comparison:
    """Compares splits with one another and with all of arXiv. Retired categories of the taxonomy are left out."""
    shares = {name: composition.shares() for name, composition in make_ups.items() if composition.papers}
    references: dict[str, Shares] = dict(shares)
    if all(comparable(own, arxiv) for own in shares.values()):
        references[ARXIV] = arxiv
    distances = {
        name: {other: distance(own, theirs) for other, theirs in references.items() if other != name}
        for name, own in shares.items()
    }
    judged = "validation" if "validation" in shares else next(iter(shares), None)
    if judged is None:
        return Comparison({}, ())
    promising = {name: references[name] for name in ("train", ARXIV) if name in references and name != judged}
    return Comparison(distances, scarce_categories(make_ups[judged], promising, _in_use(taxonomy)))


def _in_use(taxonomy: Taxonomy) -> Iterator[Sequence[str]]:
    """Yields the categories that are not retired, each pair of twins together."""
    twin_of = {left: right for left, right in taxonomy.alias_pairs()}
    second = set(twin_of.values())
    for column, info in enumerate(taxonomy.infos):
        if info.retired is None and column not in second:
            group = [column, twin_of[column]] if column in twin_of else [column]
            yield [taxonomy.categories[each].identifier for each in group]
