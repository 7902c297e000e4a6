"""A drift as a report for people."""

from collections.abc import Iterator

from application.measure_drift import Drift, Measure, Period
from domain.charts import Cell, Table
from domain.figures import Axis, Bar, Bars, Plot, Series
from domain.report import Figures, Listing, Report, Section, Text

_SHOWN_CATEGORIES = 20

VERDICTS = {
    "none": "No measure is surely above its limit.",
    "labels": "The shares of labels changed. Texts of the same labels did not.",
    "text": "Texts of the same labels changed. The shares of labels did not.",
    "labels and text": "The shares of labels changed, and so did texts of the same labels.",
    "scores": "The model's scores changed, though neither labels nor words did.",
}


def drift_page(drift: Drift, files: tuple[str, ...] = ()) -> Report:
    """Returns the report of a drift. `files` are the names of files beside it."""
    whole = Section(
        "All papers",
        (
            Text(VERDICTS[drift.whole.verdict]),
            Listing(_measures(drift.whole)),
            Text(
                "Same labels: the distance that remains if the reference papers are weighted to the label shares of "
                "the current ones. It tells changed texts from a changed mixture. A measure alerts if the 95 % "
                "interval lies above the limit."
            ),
            Figures((_shares(drift),)),
        ),
    )
    subtitle = f"{drift.whole.papers:,} papers of {drift.current}, compared with {drift.reference_papers:,} of "
    subtitle += f"{drift.reference}."
    return Report("Drift", subtitle, (whole, Section("By month", tuple(_by_month(drift)))), files)


def _measures(period: Period) -> Table:
    return Table(
        ("measure", "method", "distance", "95 % interval", "same labels", "its interval", "limit", "alert"),
        tuple(_row(measure) for measure in period.measures),
    )


def _row(measure: Measure) -> tuple[Cell, ...]:
    alike = measure.alike
    return (
        f"{measure.aspect}: {measure.name}",
        measure.method,
        round(measure.distance.value, 4),
        f"{measure.distance.low:.4f} to {measure.distance.high:.4f}",
        None if alike is None else round(alike.value, 4),
        "" if alike is None else f"{alike.low:.4f} to {alike.high:.4f}",
        measure.limit,
        measure.alerts,
    )


def _shares(drift: Drift) -> Bars:
    before, after = drift.reference_shares, drift.whole.shares
    most = sorted(before, key=lambda name: -abs(after[name] - before[name]))[:_SHOWN_CATEGORIES]
    return Bars(
        "Shares of labels that changed most",
        Axis("share of labels (%)", 0),
        ("reference", "current (estimated)"),
        tuple(Bar(name, (100 * before[name], 100 * after[name])) for name in most),
        note="Estimated from the model's probabilities by expectation maximisation, without the papers' own labels.",
    )


def _by_month(drift: Drift) -> Iterator[Text | Listing | Figures]:
    if not drift.months:
        yield Text("No month has enough papers to be measured alone.")
    else:
        rows = tuple((month.name, month.papers, month.verdict) for month in drift.months)
        yield Figures(tuple(_curve(drift, measure) for measure in drift.whole.measures))
        yield Listing(Table(("month", "papers", "changed"), rows))
    if drift.small_months:
        named = ", ".join(f"{month} ({papers:,})" for month, papers in list(drift.small_months.items())[:12])
        more = len(drift.small_months) - 12
        yield Text(f"Months with too few papers: {named}{f' and {more} more' if more > 0 else ''}.")


def _curve(drift: Drift, measure: Measure) -> Plot:
    """Returns a measure by month, with its limit as a line."""
    series = [Series("distance", *_points(drift, measure, alike=False))]
    if measure.alike is not None:
        series.append(Series("same labels", *_points(drift, measure, alike=True)))
    last = max(len(drift.months) - 1, 1)
    series.append(Series("limit", ((0.0, measure.limit), (float(last), measure.limit))))
    names = tuple(month.name for month in drift.months)
    return Plot(
        f"{measure.aspect}: {measure.name}".capitalize(),
        Axis("month", 0, last, names=names if len(names) > 1 else (*names, "")),
        Axis(measure.method, 0),
        tuple(series),
    )


def _points(
    drift: Drift, measure: Measure, *, alike: bool
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    found = []
    for place, month in enumerate(drift.months):
        for each in month.measures:
            estimate = each.alike if alike else each.distance
            if each.name == measure.name and estimate is not None:
                found.append((float(place), estimate))
    return (
        tuple((place, estimate.value) for place, estimate in found),
        tuple((estimate.low, estimate.high) for _, estimate in found),
    )
