"""Comparing variants: agreement, accuracy, and when there is enough evidence."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.compare_variants import METRICS, CompareCommand, CompareVariants
from application.variants.confidence_sequence import Advice
from application.variants.report import VariantReport
from domain.category import Category
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.feedback import Feedback
from domain.logged_prediction import LoggedPrediction
from domain.prediction import CategoryScore
from tests.fakes.feedback_store import FakeFeedbackStore
from tests.fakes.prediction_log import FakePredictionLog
from tests.strategies import logged_predictions

LABELS = ["cs.LG", "cs.CV", "hep-th"]


def logged(number: int, variant: str | None, *labels: str, **changes: Any) -> LoggedPrediction:
    """The prediction of a paper of its own, of which the first label is the most probable."""
    scores = tuple(CategoryScore(Category(label), 0.9) for label in labels)
    fields: dict[str, Any] = {
        "time": "2026-11-25T10:00:00.000+00:00", "prediction_id": f"r{number}:0", "paper": f"p{number}",
        "variant": variant, "assignment": Assignment.WEIGHTED, "model": f"fake/{variant}", "labels": scores,
        "top": scores, "milliseconds": 1.0,
    }  # fmt: skip
    return LoggedPrediction(**{**fields, **changes})


def truth(number: int, *labels: str) -> Feedback:
    """Returns a paper's categories."""
    return Feedback(f"r{number}:0", tuple(map(Category, labels)))


def compared(
    predictions: Sequence[LoggedPrediction], feedback: Sequence[Feedback] | None = None, **command: Any
) -> VariantReport:
    """The report on a log."""
    store = None if feedback is None else FakeFeedbackStore(feedback)
    use_case = CompareVariants(FakePredictionLog(predictions), store)
    return use_case(CompareCommand(**command), lambda bad: None)


def test_agreement_is_of_the_same_papers() -> None:
    """Variants agree where labels, or the first of them, of the same paper are the same. Other papers do not count."""
    shadow = {"assignment": Assignment.SHADOW}
    report = compared(
        [
            logged(1, "a", "cs.LG", "cs.CV"), logged(1, "b", "cs.CV", "cs.LG", **shadow),
            logged(2, "a", "cs.LG"), logged(2, "b", "cs.LG", "hep-th", **shadow),
            logged(3, "a", "cs.LG"),
        ]
    )  # fmt: skip
    (found,) = report.comparisons
    assert (report.reference, found.name, found.agreement.papers) == ("a", "b", 2)
    assert (found.agreement.same_labels.value, found.agreement.same_first.value) == (0.5, 0.5)
    assert found.agreement.jaccard == 0.75


def test_mix_and_times() -> None:
    """Shares of labels, labels a paper and times are those of each variant."""
    predictions = [logged(n, "a", "cs.LG", milliseconds=float(n)) for n in range(101)]
    report = compared([*predictions, *(logged(n, "b", "cs.CV", "cs.LG") for n in range(200, 230))])
    first, second = report.variants
    assert first.milliseconds == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert (second.label_shares, second.labels_per_paper) == ({"cs.CV": 0.5, "cs.LG": 0.5}, 2.0)
    assert (report.comparisons[0].mix.distance, report.comparisons[0].mix.notable) == (0.5, True)


def test_who_is_right() -> None:
    """Precision@1, subset accuracy and micro F1 are those of papers with feedback."""
    report = compared(
        [logged(1, "a", "cs.LG", "cs.CV"), logged(2, "a", "cs.LG"), logged(3, "a", "hep-th"), logged(4, "a", "cs.LG")],
        [truth(1, "cs.LG", "cs.CV"), truth(2, "cs.CV"), truth(3, "hep-th", "cs.LG")],
    )
    found = report.variants[0].accuracy
    assert found is not None
    assert (found.papers, found.precision_at_1.value, found.subset_accuracy.value) == (3, 2 / 3, 1 / 3)
    assert (found.micro_precision.value, found.micro_recall.value) == (3 / 4, 3 / 5)
    assert found.micro_f1.value == pytest.approx(6 / 9)


def test_what_was_asked_for_is_left_out() -> None:
    """Predictions of a variant that was asked for, or that stood in, are no sample and are compared with nothing."""
    forced = [
        logged(n, "b", "cs.LG", assignment=kind) for n, kind in enumerate((Assignment.FORCED, Assignment.FALLBACK))
    ]
    report = compared([logged(9, "a", "cs.LG"), *forced], [truth(0, "cs.LG"), truth(1, "cs.LG"), truth(9, "cs.LG")])
    assert report.variants[1].accuracy is None
    assert report.variants[1].papers == 0
    assert (report.judged, report.unmatched) == (1, 2)


def test_predictions_of_no_variant_are_counted() -> None:
    """Requests that named a model are outside. In a log without variants each model counts as one."""
    alone = {"assignment": Assignment.NONE}
    report = compared([logged(1, "a", "cs.LG"), logged(2, None, "cs.LG", **alone)])
    assert ([each.name for each in report.variants], report.outside) == (["a"], 1)
    report = compared([logged(1, None, "cs.LG", model="x/1", **alone), logged(2, None, "cs.LG", model="x/2", **alone)])
    assert [each.name for each in report.variants] == ["x/1", "x/2"]


def test_a_paper_is_judged_once() -> None:
    """Feedback on a paper that was judged before says nothing new."""
    predictions = [logged(1, "a", "cs.LG"), logged(2, "a", "cs.LG", paper="p1")]
    report = compared(predictions, [truth(1, "cs.LG"), truth(2, "cs.LG")])
    assert (report.judged, report.repeated) == (1, 1)


def shadowed(papers: int, *, right: float, seed: int = 0) -> tuple[list[LoggedPrediction], list[Feedback]]:
    """A champion that is right on 80 % of papers, and a shadow that is on another share, with feedback on all."""
    chance = random.Random(seed)
    predictions, feedback = [], []
    for number in range(papers):
        for name, share, kind in (("a", 0.8, Assignment.WEIGHTED), ("b", right, Assignment.SHADOW)):
            label = "cs.LG" if chance.random() < share else "cs.CV"
            predictions.append(logged(number, name, label, assignment=kind))
        feedback.append(truth(number, "cs.LG"))
    return predictions, feedback


@pytest.mark.parametrize(("right", "advice"), [(0.95, Advice.STOP_BETTER), (0.6, Advice.STOP_WORSE)])
def test_a_shadow_that_differs_is_found(right: float, advice: Advice) -> None:
    """With enough papers of both, the advice is to stop, with the side on which the shadow is."""
    report = compared(*shadowed(600, right=right))
    test = report.comparisons[0].test
    assert test is not None and test.advice is advice
    assert test.low <= right - 0.8 <= test.high


def test_a_few_papers_are_not_enough() -> None:
    """With ten papers the advice is to go on."""
    test = compared(*shadowed(10, right=0.95)).comparisons[0].test
    assert test is not None and test.advice is Advice.CONTINUE


def test_variants_that_share_papers_out_are_compared() -> None:
    """Without a shadow, blocks of papers of either are compared, in the order in which the truth came."""
    chance = random.Random(1)
    predictions, feedback = [], []
    for number in range(3000):
        name, share = ("a", 0.7) if chance.random() < 0.7 else ("b", 0.95)
        predictions.append(logged(number, name, "cs.LG" if chance.random() < share else "cs.CV"))
        feedback.append(truth(number, "cs.LG"))
    found = compared(predictions, feedback).comparisons[0]
    assert found.test is not None and (found.pairs, found.blocks) == (0, found.test.observations)
    assert (found.test.advice, found.test.observations < 1000) == (Advice.STOP_BETTER, True)


def test_more_variants_need_more() -> None:
    """The chance of a wrong stop is shared by the comparisons, so each p-value has a smaller one to reach."""
    predictions, feedback = shadowed(75, right=0.99, seed=3)
    alone = compared(predictions, feedback).comparisons[0].test
    others = [logged(n, f"c{k}", "cs.LG", assignment=Assignment.SHADOW) for n in range(2) for k in range(9)]
    among = compared([*predictions, *others], feedback).comparisons[0].test
    assert alone is not None and among is not None
    assert among.low < alone.low and alone.high <= among.high


def promoted() -> tuple[list[LoggedPrediction], list[Feedback]]:
    """Twenty papers of a champion that is always right, and twenty after the challenger, always wrong, became it."""
    predictions, feedback = [], []
    for number in range(40):
        champion, label = ("old", "cs.LG") if number < 20 else ("new", "cs.CV")
        when = f"2026-11-25T10:00:{number:02}.000+00:00"
        name, model = ("a", f"x/{champion}") if number % 4 else ("b", "x/new")
        given = label if name == "a" else "cs.CV"
        predictions.append(logged(number, name, given, model=model, time=when))
        feedback.append(truth(number, "cs.LG"))
    return predictions, feedback


def test_a_model_that_is_exchanged_begins_anew() -> None:
    """A variant is judged by the model that answered last, and what an earlier one said is counted and left out."""
    report = compared(*promoted())
    champion, _ = report.variants
    assert (report.reference, champion.model, champion.predictions, report.earlier) == ("a", "x/new", 15, 15)
    assert champion.accuracy is not None and champion.accuracy.precision_at_1.value == 0.0
    assert (report.judged, report.earlier_feedback) == (25, 15)
    found = report.comparisons[0]
    assert found.test is not None and found.test.difference == 0.0
    assert found.agreement.papers == 0


def test_each_model_may_be_compared() -> None:
    """With all models, each that a variant had is a row of its own, and the last one is the reference."""
    report = compared(*promoted(), all_models=True)
    assert [(each.name, each.predictions) for each in report.variants] == [
        ("a (x/new)", 15), ("a (x/old)", 15), ("b", 10),
    ]  # fmt: skip
    assert (report.reference, report.earlier, report.judged) == ("a (x/new)", 0, 40)
    assert [each.accuracy and each.accuracy.precision_at_1.value for each in report.variants] == [0.0, 1.0, 0.0]


def test_a_new_model_leaves_the_reference() -> None:
    """The variant with most requests is the reference, also if its model is new and has answered few."""
    predictions = [logged(n, "a", "cs.LG", model="x/1" if n < 30 else "x/2", time=f"t{n:02}") for n in range(32)]
    report = compared([*predictions, *(logged(n, "b", "cs.LG") for n in range(40, 50))])
    assert (report.reference, report.earlier) == ("a", 30)


def test_a_shadow_that_goes_on_to_answer_keeps_its_evidence() -> None:
    """Papers that both predicted and blocks of papers of either are evidence, one after the other."""
    predictions, feedback = shadowed(20, right=0.8)
    for number in range(20, 120):
        predictions.append(logged(number, "ab"[number % 2], "cs.LG", model=f"fake/{'ab'[number % 2]}"))
        feedback.append(truth(number, "cs.LG"))
    found = compared(predictions, feedback).comparisons[0]
    assert found.test is not None
    assert (found.pairs, found.blocks, found.test.observations) == (20, 50, 70)


def test_a_shadows_own_papers_are_no_evidence() -> None:
    """A paper that only a shadow predicted is held against none that only another did."""
    predictions = [logged(1, "a", "cs.LG"), logged(2, "b", "cs.CV", assignment=Assignment.SHADOW)]
    found = compared(predictions, [truth(1, "cs.LG"), truth(2, "cs.LG")]).comparisons[0]
    assert found.test is None


@pytest.mark.parametrize(
    "command", [{"metric": "accuracy"}, {"alpha": 0}, {"alpha": 1.0}, {"margin": -0.1}, {"reference": "nobody"}]
)
def test_what_cannot_be_asked_is_refused(command: dict[str, Any]) -> None:
    """An unknown metric or variant and a level that is none are refused with what would do."""
    with pytest.raises(InvalidInputError):
        compared([logged(1, "a", "cs.LG")], **command)


@given(st.lists(logged_predictions(), min_size=1, max_size=15), st.lists(st.integers(0, 999), max_size=5))
def test_any_log_has_a_report(predictions: list[LoggedPrediction], judged: list[int]) -> None:
    """Whatever was logged and judged, there is a report, and its numbers add up."""
    feedback = [Feedback(f"r:{number}", (Category("cs.LG"),)) for number in judged]
    report = compared(predictions, feedback)
    assert sum(each.predictions for each in report.variants) + report.outside + report.earlier == len(predictions)
    assert len(report.comparisons) == len(report.variants) - 1
    assert report.judged + report.unmatched + report.repeated + report.earlier_feedback == len(set(judged))


def test_the_command_line_knows_the_metrics() -> None:
    """The command's choices are the metrics there are."""
    from entrypoints.cli.variants import report

    (choice,) = [each.type for each in report.params if each.name == "metric"]
    assert list(choice.choices) == list(METRICS)  # type: ignore[attr-defined]  # a click.Choice
