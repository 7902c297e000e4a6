"""A comparison of variants for people."""

from collections.abc import Sequence

import click

from application.metrics.intervals import Estimate
from application.variants.confidence_sequence import Advice
from application.variants.report import VariantComparison, VariantReport, VariantSummary
from entrypoints.cli.messages import say
from entrypoints.cli.tables import print_table
from entrypoints.logs import writes_json

_CATEGORIES = 10
_SENTENCES = {
    Advice.STOP_BETTER: "Stop: {name} is better than {reference}.",
    Advice.STOP_WORSE: "Stop: {name} is worse than {reference}.",
    Advice.STOP_ALIKE: "Stop: {name} and {reference} differ by less than {margin:g}.",
    Advice.CONTINUE: "Go on: the papers do not yet show a difference between {name} and {reference}.",
}


def print_report(report: VariantReport, *, judged: bool) -> None:
    """Prints tables of variants, label shares, agreement and accuracy, and a sentence for each comparison."""
    _print_variants(report.variants)
    _print_shares(report)
    _print_agreement(report)
    if report.judged:
        _print_accuracy(report)
        _print_tests(report)
    elif judged:
        _say("\nThe feedback has no prediction of this log.")
    else:
        _say("\nGive --feedback to compare accuracy by feedback.")
    _print_left_out(report)


def _print_variants(variants: Sequence[VariantSummary]) -> None:
    columns = ["variant", "predictions", "papers", "p50 ms", "p95 ms", "p99 ms", "labels a paper", "model", "assigned"]
    print_table(columns, [_variant_row(each) for each in variants])


def _variant_row(variant: VariantSummary) -> list[object]:
    assigned = ", ".join(f"{kind} {count:,}" for kind, count in variant.assignments.items())
    times = [f"{value:.3f}" for value in variant.milliseconds.values()]
    labels = f"{variant.labels_per_paper:.2f}"
    return [variant.name, variant.predictions, variant.papers, *times, labels, variant.model, assigned]


def _print_shares(report: VariantReport) -> None:
    names = [each.name for each in report.variants]
    shares = {each.name: each.label_shares for each in report.variants}
    widest = {
        label: max(shares[name].get(label, 0.0) for name in names) - min(shares[name].get(label, 0.0) for name in names)
        for label in {label for each in shares.values() for label in each}
    }
    leading = sorted(widest, key=lambda label: (-widest[label], label))[:_CATEGORIES]
    if leading and len(names) > 1:
        click.echo("\nShare of all labels, where variants differ most:")
        print_table(
            ["category", *names],
            [[label, *(f"{shares[name].get(label, 0.0):.2%}" for name in names)] for label in leading],
        )


def _print_agreement(report: VariantReport) -> None:
    if not report.comparisons:
        return
    click.echo(f"\nCompared with {report.reference}:")
    columns = [
        "variant",
        "papers of both",
        "same labels",
        "same first label",
        "jaccard",
        "label mix apart",
        "by chance",
    ]
    print_table(columns, [_agreement_row(each) for each in report.comparisons])


def _agreement_row(found: VariantComparison) -> list[object]:
    both, mix = found.agreement, found.mix
    said: list[object] = ["-", "-", "-"]
    if both.papers:
        said = [_interval(both.same_labels), _interval(both.same_first), f"{both.jaccard:.3f}"]
    return [found.name, both.papers, *said, f"{mix.distance:.3f}", f"up to {mix.chance:.3f}"]


def _print_accuracy(report: VariantReport) -> None:
    click.echo("\nOn papers with feedback, with 95 % intervals:")
    columns = ["variant", "papers", "precision@1", "subset accuracy", "micro F1", "micro precision", "micro recall"]
    rows = []
    for each in report.variants:
        if each.accuracy is None:
            rows.append([each.name, 0, *["-"] * 5])
            continue
        found = each.accuracy
        estimates = (
            found.precision_at_1,
            found.subset_accuracy,
            found.micro_f1,
            found.micro_precision,
            found.micro_recall,
        )
        rows.append([each.name, found.papers, *map(_interval, estimates)])
    print_table(columns, rows)


def _print_tests(report: VariantReport) -> None:
    click.echo()
    for each in report.comparisons:
        if each.test is None:
            click.echo(f"{each.name}: no paper with feedback compares it with {report.reference}.")
            continue
        test = each.test
        click.echo(_SENTENCES[test.advice].format(name=each.name, reference=report.reference, margin=report.margin))
        click.echo(
            f"  {report.metric} differs by {test.difference:+.4f} (from {test.low:+.4f} to {test.high:+.4f}, "
            f"p = {test.p_value:.2g}, at every look) on {_papers(each)}."
        )


def _papers(found: VariantComparison) -> str:
    kinds = ((found.pairs, "papers of both"), (found.blocks, "blocks of papers of either"))
    return " and ".join(f"{count:,} {kind}" for count, kind in kinds if count)


def _print_left_out(report: VariantReport) -> None:
    for count, what in (
        (report.outside, "of the predictions, which belong to no variant"),
        (report.earlier, "of the predictions, made by earlier models of a variant (--all-models compares them too)"),
        (report.earlier_feedback, "of the feedback, on predictions of earlier models of a variant"),
        (
            report.unmatched,
            "of the feedback, on predictions that this log lacks or of a variant that the request named",
        ),
        (report.repeated, "of the feedback, on papers that already have feedback"),
    ):
        if count:
            _say(f"Left out: {count:,} {what}.")


def _say(line: str) -> None:
    """Writes a line to stderr. A JSON log has no empty lines."""
    say(line.lstrip("\n") if writes_json() else line, event="report_incomplete")


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}-{estimate.high:.3f})"
