"""The report of an evaluation for people."""

from collections.abc import Iterator

from application.evaluation import figures
from application.evaluation.archive_calibration import ALL, LEAST_PAPERS, PREDICTED, TRUE
from application.evaluation.comparison import Difference, Verdict
from application.evaluation.findings import Findings, ModelComparison, ModelFindings
from application.evaluation.parts import ARCHIVE, CATEGORIES, MONTH, WORDS, YEAR
from application.metrics.intervals import Estimate
from domain.charts import Cell, Table
from domain.figures import Figure
from domain.policy import Expectation
from domain.report import Figures, Listing, Report, Section, Text

_SUMMARY = {
    "micro F1": "micro_f1",
    "macro F1": "macro_f1",
    "macro mAP": "average_precision_macro",
    "P@1": "precision_at_1",
    "R@5": "recall_at_5",
}
_PARTS = {
    ARCHIVE: "Micro F1 by archive",
    CATEGORIES: "Micro F1 by number of true categories",
    MONTH: "Micro F1 by month",
    YEAR: "Micro F1 by year",
    WORDS: "Micro F1 by length in words",
}


def page_of(findings: Findings, files: tuple[str, ...]) -> Report:
    """Returns the report. `files` are the names of the files beside it."""
    names = " and ".join(found.model.name for found in findings.models)
    read = "with titles" if findings.with_titles else "without titles"
    weights = ", weighted" if findings.weighted else ""
    policy = f" At the thresholds of the policy {findings.policy}." if findings.policy else ""
    subtitle = f"{findings.papers:,} papers of {findings.source}, read {read}{weights}. Seed {findings.seed}.{policy}"
    sections = (
        _summary(findings),
        *map(_comparison, findings.comparisons),
        _parts(findings),
        _categories(findings),
        *(_model(found) for found in findings.models),
        _all_metrics(findings),
    )
    return Report(f"Evaluation of {names}", subtitle, sections, files)


def _summary(findings: Findings) -> Section:
    columns = ("model", *(f"{name} [95 %]" for name in _SUMMARY), "ECE of all papers [95 %]", "papers/s", "MB")
    rows = [
        (
            found.model.name,
            *(_interval(found.measured.metrics[name], digits=3) for name in _SUMMARY.values()),
            _interval(found.of_all_papers.error),
            round(findings.papers / found.model.seconds) if found.model.seconds else None,
            round((found.model.memory or found.model.size) / 1e6),
        )
        for found in findings.models
    ]
    plots = (figures.precision_recall(findings), figures.accuracy_and_cost(findings))
    return Section("Summary", (Listing(Table(columns, tuple(rows))), *map(Text, _notes(findings)), Figures(plots)))


def _notes(findings: Findings) -> Iterator[str]:
    yield (
        "Intervals are from papers drawn again with replacement, 1,000 times, and 200 times for average precision, "
        "ROC-AUC and calibration errors. They hold for new papers of the same population."
    )
    for found in findings.models:
        outside = found.outside
        known = f"The truth is the {len(found.model.taxonomy)} categories of {found.model.name}."
        if not outside.papers:
            yield f"{known} Every paper has at least one of them."
            continue
        yield (
            f"{known} The {outside.papers:,} papers with none of them are left out of these figures. Of them, "
            f"{outside.predicted:.1%} get a category at the thresholds, and their highest probability is "
            f"{outside.highest:.3f} on average. The ECE counts them, because probabilities hold for them too."
        )


def _comparison(pair: ModelComparison) -> Section:
    title = f"{pair.candidate} compared with {pair.reference}"
    found = pair.comparison
    if found is None:
        return Section(title, (Text("The models share no category of these papers, so they are not compared."),))
    said = (
        f"Both are measured on the {found.papers:,} papers with at least one of the {found.categories} categories that "
        "they share."
    )
    if found.only_reference or found.only_candidate:
        said += (
            f" Left out: {_counted_categories(found.only_reference)} that only {pair.reference} knows, and "
            f"{_counted_categories(found.only_candidate)} that only {pair.candidate} knows. So the values differ from "
            "those of the other sections."
        )
    blocks = (
        Text(said),
        Text(
            "Both models get the same papers drawn again. A change whose 95 % interval holds 0 counts as same. Among "
            "100 equal categories about 5 are better or worse by chance."
        ),
        Listing(_differences(found.metrics, "metric", pair)),
        Text(_counted(found.by_category)),
        Listing(_differences(found.by_category, "category", pair), "F1 by category", folded=True),
        Listing(_disagreements(pair), "The papers on which they disagree most", folded=True),
    )
    return Section(title, blocks)


def _counted_categories(number: int) -> str:
    return f"{number} {'category' if number == 1 else 'categories'}"


def _differences(rows: tuple[Difference, ...], what: str, pair: ModelComparison) -> Table:
    columns = (what, pair.reference, pair.candidate, "change [95 %]", "verdict")
    cells = ((row.name, row.reference, row.candidate, _signed(row.change), str(row.verdict)) for row in rows)
    return Table(columns, tuple(cells))


def _counted(rows: tuple[Difference, ...]) -> str:
    numbers = {verdict: sum(row.verdict == verdict for row in rows) for verdict in Verdict}
    return "By F1 of a category: " + ", ".join(f"{number} {verdict}" for verdict, number in numbers.items()) + "."


def _disagreements(pair: ModelComparison) -> Table:
    columns = ("paper", "title", "true", f"{pair.reference} predicts", f"{pair.candidate} predicts", "distance")
    rows = (
        (
            each.paper.abstract.id or "",
            each.paper.abstract.title or each.paper.abstract.text[:80],
            ", ".join(map(str, each.paper.categories)),
            ", ".join(each.reference) or "none",
            ", ".join(each.candidate) or "none",
            each.distance,
        )
        for each in pair.disagreements
    )
    return Table(columns, tuple(rows))


def _parts(findings: Findings) -> Section:
    drawn = [figure for by, title in _PARTS.items() if (figure := figures.by_part(findings, by, title))]
    columns = ("by", "part", "model", "papers", "micro F1 [95 %]", "precision", "recall", "P@1 [95 %]", "LRAP")
    rows = [
        (
            part.by,
            part.name,
            found.model.name,
            part.papers,
            _interval(part.metrics["micro_f1"]),
            part.metrics["micro_precision"].value,
            part.metrics["micro_recall"].value,
            _interval(part.metrics["precision_at_1"]),
            part.metrics["lrap"].value,
        )
        for found in findings.models
        for part in found.measured.parts
    ]
    return Section(
        "Where it is good",
        (*_figures(drawn), Listing(_titles(findings)), Listing(Table(columns, tuple(rows)), "All parts", folded=True)),
    )


def _titles(findings: Findings) -> Table:
    names = {
        "micro F1 [95 %]": "micro_f1",
        "macro F1 [95 %]": "macro_f1",
        "P@1 [95 %]": "precision_at_1",
        "LRAP [95 %]": "lrap",
    }
    rows: list[tuple[Cell, ...]] = []
    for found in findings.models:
        variants = [("with" if findings.with_titles else "without", found.measured)]
        if found.without_titles is not None:
            variants.append(("without", found.without_titles))
        rows += [
            (found.model.name, titles, *(_interval(each.metrics[name]) for name in names.values()))
            for titles, each in variants
        ]
    return Table(("model", "titles", *names), tuple(rows))


def _categories(findings: Findings) -> Section:
    columns = (
        "category",
        "model",
        "papers",
        "threshold",
        "precision",
        "recall",
        "F1 [95 %]",
        "average precision",
        "ROC-AUC",
    )
    rows = [
        (
            row.category.identifier,
            found.model.name,
            round(row.support),
            row.threshold,
            row.precision,
            row.recall,
            _interval(f1),
            row.average_precision,
            row.roc_auc,
        )
        for found in findings.models
        for row, f1 in zip(found.measured.categories, found.measured.category_f1, strict=True)
    ]
    listing = Listing(Table(columns, tuple(rows)), "All categories", folded=True)
    return Section("Categories", (*_figures(list(figures.category_f1(findings))), listing))


def _model(found: ModelFindings) -> Section:
    beside = ("category of the paper", "category beside it")
    drawn: list[Figure] = [
        figures.thresholds(found),
        figures.reliability(found),
        figures.heat_map("True co-occurrence", found.true_pairs, beside, _BESIDE, percent=True),
        figures.heat_map("Predicted co-occurrence", found.predicted_pairs, beside, _BESIDE, percent=True),
        figures.heat_map("Confusion", found.confusion, ("missed", "predicted in its place"), _CONFUSED, percent=False),
    ]
    pairs = tuple((str(each.missed), str(each.predicted), round(each.papers)) for each in found.confusions)
    confused = Listing(
        Table(("missed", "predicted in its place", "papers"), pairs), "The most frequent confusions", folded=True
    )
    blocks = (Figures(tuple(drawn)), *_calibration(found), *_policies(found), confused, *_archives(found))
    return Section(f"Model {found.model.name}", blocks)


_BESIDE = "Percent of the papers of the row's category that also have the column's."
_CONFUSED = "Papers that lack the row's category and wrongly get the column's."


def _calibration(found: ModelFindings) -> Iterator[Figures | Text | Listing]:
    whole = found.of_all_papers
    fitted = (
        f"They were fitted to {found.model.population}, and hold for such papers. " if found.model.population else ""
    )
    yield Text(
        f"How far to trust the probabilities: among all {whole.papers:,} papers, with those that have none of the "
        f"model's categories, probabilities of at least .05 are {whole.error.value:.4f} from the observed shares on "
        f"average (ECE in 15 bins of equal mass). {fitted}{_CHANCE}"
    )
    if (bars := figures.archive_errors(found)) is not None:
        yield Figures((bars,))
        yield Text(_SELECTED)
    columns = ("archive", "of the", "papers", "pairs", "ECE [95 %]", "right probabilities, by chance [95 %]")
    rows = [
        (row.archive, _WHOSE[row.by], row.papers, row.pairs, _interval(row.error), _chance(row.chance))
        for row in found.calibration
        if row.archive != ALL
    ]
    if rows:
        yield Listing(Table(columns, tuple(rows)), "Calibration error by archive", folded=True)


def _chance(estimate: Estimate | None) -> str | None:
    return _interval(estimate) if estimate else None


_WHOSE = {PREDICTED: "most probable category", TRUE: "true primary category"}
_CHANCE = (
    "Even right probabilities have an error above 0 on few papers. It is drawn here: the truth of each pair by its "
    "probability, 200 times."
)
_SELECTED = (
    f"The archive is that of the most probable category, and has at least {LEAST_PAPERS} papers. The table below also "
    "has errors by the archive of the true primary category. That choice of papers says part of their truth, so right "
    "probabilities have an error there however many papers there are."
)


def _policies(found: ModelFindings) -> Iterator[Listing]:
    if not found.policies:
        return
    columns = ("policy", "goal", "threshold", "measure", "expected [95 %]", "here [95 %]", "goal kept here")
    rows = [
        (
            each.policy.name,
            str(each.policy.goal),
            each.policy.thresholds.default,
            each.measure,
            _interval(expected) if (expected := each.policy.expected.get(each.measure)) else None,
            _interval(each.measures[each.measure]),
            each.kept,
        )
        for each in found.policies
    ]
    yield Listing(Table(columns, tuple(rows)), _OF_ALL)


_OF_ALL = (
    "Policies, measured on all papers. What a paper with none of the model's categories is given counts as wrong, as "
    "it did when the policies were tuned."
)


def _archives(found: ModelFindings) -> Iterator[Listing | Text]:
    if found.hierarchy is None:
        return
    metrics = found.hierarchy.metrics
    yield Text(
        f"By archive alone, whatever the category, micro F1 is {metrics['archive_f1']:.4f}. Over categories and their "
        f"archives together (hierarchical F1) it is {metrics['hierarchical_f1']:.4f}."
    )
    columns = ("archive", "papers", "precision", "recall", "F1")
    rows = tuple(
        (row.archive, round(row.support), row.precision, row.recall, row.f1) for row in found.hierarchy.archives
    )
    yield Listing(Table(columns, rows), "Archives", folded=True)


def _all_metrics(findings: Findings) -> Section:
    names = list(findings.models[0].measured.metrics)
    rows = [(name, *(_interval(found.measured.metrics[name]) for found in findings.models)) for name in names]
    columns = ("metric", *(f"{found.model.name} [95 %]" for found in findings.models))
    return Section("All metrics", (Listing(Table(columns, tuple(rows))),))


def _figures(drawn: list[Figure]) -> tuple[Figures, ...]:
    return (Figures(tuple(drawn)),) if drawn else ()


def _interval(estimate: Estimate | Expectation, *, digits: int = 4) -> str:
    digits = digits if abs(estimate.value) < 10 else 1
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"
