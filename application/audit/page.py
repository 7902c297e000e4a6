"""An audit as a report for people."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from application.audit.label_problems import Problem
from application.audit.suspects import CategoryDoubts
from application.audit_dataset import ALL, Audit
from domain.charts import Cell, Table
from domain.figures import Axis, Bar, Bars, HeatMap, Plot, Series
from domain.report import Figures, Listing, Report, Section, Text

_SHOWN_PAPERS = 50
_SHOWN_CATEGORIES = 20
_STEPS = 50
_LEAST = 1e-6  # the least quality that a logarithmic axis shows


def audit_page(audit: Audit, files: tuple[str, ...] = ()) -> Report:
    """Returns the report of an audit. `files` are the names of files beside it."""
    counts = Counter(audit.read.splits)
    papers = ", ".join(f"{count:,} of {split}" for split, count in counts.items() if split != ALL)
    subtitle = (
        f"{len(audit.read.papers):,} papers{f' ({papers})' if papers else ''}. Labels are judged by {audit.opinion.by}."
    )
    sections = (_labels(audit), _problems(audit), _texts(audit))
    return Report(f"Audit of {audit.read.source}", subtitle, sections, files)


def _labels(audit: Audit) -> Section:
    total, papers = audit.doubts.total, len(audit.read.papers)
    text = (
        f"The model would give other categories to {total:,} of {papers:,} papers ({total / papers:.0%}). Most "
        "are matters of opinion. The first are the surest mistakes: each label of a paper counts by its "
        "probability, and the worst label counts most (cleanlab's self-confidence with a moving average)."
    )
    return Section(
        "Suspect labels",
        (
            Text(text),
            Figures((_quality_curve(audit), _doubted_categories(audit.doubts.categories))),
            _suspects(audit),
        ),
    )


def _quality_curve(audit: Audit) -> Plot:
    ordered = np.sort(audit.doubts.quality)
    places = np.unique(np.geomspace(1, len(ordered), _STEPS).astype(int)).tolist()
    points = tuple((float(place), max(float(ordered[place - 1]), _LEAST)) for place in places)
    return Plot(
        "Label quality of all papers",
        Axis("papers, the most suspect first", logarithmic=True),
        Axis("label quality", logarithmic=True),
        (Series("label quality", points),),
        note="A paper with quality 0.01 has a label of which the model is 99 % sure that it is wrong.",
    )


def _doubted_categories(categories: tuple[CategoryDoubts, ...]) -> Bars:
    doubted = sorted(categories, key=lambda each: (-each.added - each.dropped, str(each.category)))[:_SHOWN_CATEGORIES]
    return Bars(
        "Papers by doubted category",
        Axis("papers", 0),
        ("missing", "given in doubt"),
        tuple(Bar(str(each.category), (each.added, each.dropped), note=f"{each.given:,} given") for each in doubted),
        note="Missing: the model would add the category. In doubt: it would take the category away.",
    )


def _suspects(audit: Audit) -> Listing:
    rows = tuple(
        (
            audit.read.papers[suspect.row].abstract.id or f"row {suspect.row + 1}",
            audit.read.papers[suspect.row].abstract.title or "",
            " ".join(map(str, audit.read.papers[suspect.row].categories)),
            " ".join(map(str, suspect.suggested)),
            suspect.reason,
        )
        for suspect in audit.doubts.suspects[:_SHOWN_PAPERS]
    )
    caption = f"The {len(rows):,} most suspect papers. queue.csv has more."
    return Listing(Table(("paper", "title", "given", "suggested", "reason"), rows), caption)


def _problems(audit: Audit) -> Section:
    counts = Counter((problem.kind, str(problem.category)) for problem in audit.problems)
    if not counts:
        return Section(
            "Other problems of labels", (Text("No twin is missing, and no category is retired or unknown."),)
        )
    rows = tuple((str(kind), category, count) for (kind, category), count in counts.most_common())
    kinds = Counter(kind for kind, _ in {(problem.kind, problem.row) for problem in audit.problems})
    facts = ", ".join(f"{kinds[kind]:,} with a {kind}" for kind in Problem if kinds[kind])
    return Section(
        "Other problems of labels",
        (Text(f"Papers: {facts}. problems.csv names them."), Listing(Table(("problem", "category", "papers"), rows))),
    )


def _texts(audit: Audit) -> Section:
    found = audit.duplicates
    if not found.pairs:
        return Section("Near-duplicates", (Text("No two abstracts are nearly the same."),))
    text = (
        f"{found.papers:,} papers have abstracts that are nearly the same as another's: {len(found.pairs):,} pairs in "
        f"{found.groups:,} groups. In {found.different_labels:,} pairs the categories differ. duplicates.csv has all."
    )
    return Section("Near-duplicates", (Text(text), *_crossings(audit), _most_similar(audit)))


def _crossings(audit: Audit) -> Iterator[Figures]:
    names = tuple(dict.fromkeys(audit.read.splits))
    if len(names) < 2:
        return
    found = audit.duplicates
    counts = {**{(name, name): count for name, count in found.within.items()}, **found.across}
    values = tuple(
        tuple(float(counts.get((row, column), 0)) if place <= other else None for other, column in enumerate(names))
        for place, row in enumerate(names)
    )
    note = "Pairs across two splits make a model look better in evaluation than it is."
    yield Figures((HeatMap("Pairs by split", names, names, values, "one paper in", "the other in", note),))


def _most_similar(audit: Audit) -> Listing:
    papers, splits = audit.read.papers, audit.read.splits
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(papers[row].abstract.id or f"row {row + 1}" for row in (pair.first, pair.second)),
            f"{splits[pair.first]}, {splits[pair.second]}",
            pair.similarity,
            papers[pair.first].abstract.title or papers[pair.first].abstract.text[:100],
        )
        for pair in audit.duplicates.pairs[:_SHOWN_PAPERS]
    )
    columns = ("paper", "other paper", "splits", "similarity", "title")
    return Listing(Table(columns, rows), f"The {len(rows):,} most similar pairs.", folded=len(rows) > 10)
