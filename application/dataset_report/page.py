"""The counts of a source as a report for people."""

from collections import Counter
from collections.abc import Iterator, Mapping

from application.dataset_report.counting import CHARACTERS_STEP, TOKENS_STEP, DatasetCounts
from domain.charts import Cell, Table
from domain.figures import Axis, Bar, Bars, HeatMap, Plot, Series
from domain.report import Figures, Listing, Report, Section, Text

_SHOWN_CATEGORIES = 25
_SHOWN_PAIRS = 20
_LISTED_PAIRS = 500
_IN_ARXIV = "share in arXiv"
_SHOWN_ARCHIVES = 6
_MOST_MONTHS = 60  # above this, years are shown


def dataset_page(
    source: str, counts: DatasetCounts, shares: Mapping[str, float], files: tuple[str, ...] = ()
) -> Report:
    """Returns the report. `shares` has arXiv's own share of each primary category, empty for labels of one's own."""
    splits = ", ".join(f"{count:,} {name}" for name, count in counts.splits.items())
    subtitle = f"{counts.papers:,} papers ({splits}), {len(counts.categories):,} categories."
    sections = (_oddities(counts), _categories(counts, shares), _together(counts), _times(counts), _lengths(counts))
    return Report(f"Papers of {source}", subtitle, sections, files)


def category_table(counts: DatasetCounts, shares: Mapping[str, float]) -> Table:
    """Returns a row for each category: its papers, and number, shares and months of those that have it first."""
    rows: list[tuple[Cell, ...]] = []
    for name, papers in counts.categories.most_common():
        first = counts.primaries[name]
        rows.append(
            (
                name,
                papers,
                first,
                round(first / counts.papers, 5),
                shares.get(name),
                counts.first.get(name),
                counts.last.get(name),
            )
        )
    header = ("category", "papers", "primary", "share of primaries", _IN_ARXIV, "first month", "last month")
    kept = [column for column, name in enumerate(header) if shares or name != _IN_ARXIV]
    return Table(tuple(header[c] for c in kept), tuple(tuple(row[c] for c in kept) for row in rows))


def month_table(counts: DatasetCounts) -> Table:
    """Returns the papers by archive and month."""
    rows = ((archive, month, count) for (archive, month), count in sorted(counts.months.items()))
    return Table(("archive", "month", "papers"), tuple(rows))


def pair_table(counts: DatasetCounts) -> Table:
    """Returns each pair of categories: the papers that have both, and their share of the rarer one's papers."""
    rows = (
        (one, other, both, round(both / min(counts.categories[one], counts.categories[other]), 5))
        for (one, other), both in counts.pairs.most_common()
    )
    return Table(("category", "other", "papers with both", "share of the rarer"), tuple(rows))


def _oddities(counts: DatasetCounts) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (name, count, f"{count / counts.papers:.2%}") for name, count in counts.odd.most_common() if count
    ]
    rows.append(("records that cannot be read", counts.bad_records, ""))
    overlaps = tuple((one, other, count) for (one, other), count in counts.overlaps.items())
    listed = [Listing(Table(("missing or odd", "papers", "share"), tuple(rows)))]
    if overlaps:
        caption = "A paper is in both if its identifier without version, or its text without case, is the same."
        listed.append(Listing(Table(("papers of", "that are in", "papers"), overlaps), caption))
    return Section("Missing and odd values, and overlap of splits", tuple(listed))


def _categories(counts: DatasetCounts, shares: Mapping[str, float]) -> Section:
    series = ("this source", "arXiv") if shares else ("this source",)
    bars = tuple(
        Bar(name, _values(count / counts.papers, shares.get(name), shares), note=f"{count:,}")
        for name, count in counts.primaries.most_common(_SHOWN_CATEGORIES)
    )
    labels = tuple(Bar(str(number), (count,)) for number, count in sorted(counts.labels.items()))
    several = counts.papers - counts.labels[1]
    lacking = sorted(name for name, share in shares.items() if share > 0 and not counts.primaries[name])
    texts = [Text(f"{several:,} papers ({several / counts.papers:.0%}) have more than one category.")]
    if lacking:
        texts.append(Text(f"Primary categories of arXiv without a paper here: {', '.join(lacking)}."))
    figures = (
        Bars("Share of primary categories", Axis("share of papers", 0), series, bars),
        Bars("Papers by number of categories", Axis("papers", 0), ("papers",), labels),
    )
    return Section(
        "Categories",
        (*texts, Figures(figures), Listing(category_table(counts, shares), "All categories", folded=True)),
    )


def _values(own: float, arxiv: float | None, shares: Mapping[str, float]) -> tuple[float | None, ...]:
    return (own, arxiv) if shares else (own,)


def _together(counts: DatasetCounts) -> Section:
    names = tuple(name for name, _ in counts.categories.most_common(_SHOWN_PAIRS))
    values = tuple(
        tuple(None if one == other else _both(counts, one, other) / counts.categories[one] for other in names)
        for one in names
    )
    note = "Of the papers with the row's category, the share that also have the column's."
    heat = HeatMap("Categories that stand together", names, names, values, "category", "also", note)
    pairs = pair_table(counts)
    listed = Table(pairs.columns, pairs.rows[:_LISTED_PAIRS])
    caption = "All pairs of categories" if listed.rows == pairs.rows else f"The {_LISTED_PAIRS} most frequent pairs"
    return Section("Co-occurrence", (Figures((heat,)), Listing(listed, caption, folded=True)))


def _both(counts: DatasetCounts, one: str, other: str) -> int:
    return counts.pairs[min(one, other), max(one, other)]


def _times(counts: DatasetCounts) -> Section:
    if not counts.months:
        return Section("Months", (Text("No paper has a month."),))
    archives = Counter[str]()
    for (archive, _), count in counts.months.items():
        archives[archive] += count
    years = len({month for _, month in counts.months}) > _MOST_MONTHS
    times = sorted({_time(month, years=years) for _, month in counts.months})
    shown = [archive for archive, _ in archives.most_common(_SHOWN_ARCHIVES)]
    series = tuple(Series(name, tuple(_points(counts, name, times, years=years))) for name in shown)
    unit = "year" if years else "month"
    plot = Plot(f"Papers by {unit} and archive", Axis(unit, names=tuple(times)), Axis("papers", 0), series)
    bars = tuple(Bar(archive, (count,)) for archive, count in archives.most_common())
    by_archive = Bars("Papers by archive of the primary category", Axis("papers", 0), ("papers",), bars)
    return Section("Months and archives", (Figures((plot, by_archive)),))


def _time(month: str, *, years: bool) -> str:
    return month[:4] if years else month


def _points(counts: DatasetCounts, archive: str, times: list[str], *, years: bool) -> Iterator[tuple[float, float]]:
    found = Counter[str]()
    for (each, month), count in counts.months.items():
        if each == archive:
            found[_time(month, years=years)] += count
    yield from ((float(place), float(found[time])) for place, time in enumerate(times))


def _lengths(counts: DatasetCounts) -> Section:
    characters = _histogram("Length in characters", counts.characters, CHARACTERS_STEP)
    tokens = _histogram("Length in tokens", counts.tokens, TOKENS_STEP)
    text = f"A token is a word or a punctuation mark. Half of the abstracts have at most {_median(counts.tokens):,}."
    return Section("Lengths of abstracts", (Text(text), Figures((characters, tokens))))


def _histogram(title: str, lengths: Counter[int], step: int) -> Plot:
    points = tuple((float(length + step / 2), float(lengths[length])) for length in range(0, max(lengths) + step, step))
    unit = title.rpartition(" ")[2]
    return Plot(title, Axis(f"{unit} (in steps of {step})", 0), Axis("abstracts", 0), (Series("abstracts", points),))


def _median(lengths: Counter[int]) -> int:
    half, passed = sum(lengths.values()) / 2, 0
    for length in sorted(lengths):
        passed += lengths[length]
        if passed >= half:
            return length + TOKENS_STEP
    return 0
