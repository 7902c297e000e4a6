"""Feedback as a training set."""

import io
from pathlib import Path

import pytest

from adapters.datasets.opening import open_dataset
from adapters.datasets.paper_lines import write_papers
from application.export_feedback import ExportFeedback
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.feedback import Feedback
from domain.labelled_abstract import LabelledAbstract
from domain.logged_prediction import LoggedPrediction, paper_hash
from tests.fakes.feedback_store import FakeFeedbackStore
from tests.fakes.prediction_log import FakePredictionLog

BRANES = Abstract("We study branes \N{EM DASH} and\nstrings.", "On branes")
IMAGES = Abstract("We segment images.")


def said(id_: str, *labels: str, abstract: Abstract | None = None) -> Feedback:
    """Feedback on a prediction."""
    return Feedback(id_, tuple(map(Category, labels)), abstract)


def exported(feedback: list[Feedback], log: list[LoggedPrediction] | None = None) -> tuple[list[LabelledAbstract], str]:
    """The papers, and how many were written, left out for want of words, and repeated."""
    use_case = ExportFeedback(FakeFeedbackStore(feedback), FakePredictionLog(log) if log else None)
    papers = list(use_case(lambda bad: None))
    return papers, f"{use_case.counts.papers} {use_case.counts.wordless} {use_case.counts.repeated}"


def logged(id_: str, abstract: Abstract | None) -> LoggedPrediction:
    """A prediction in a log that keeps words, or not."""
    return LoggedPrediction("t", id_, "hash", None, Assignment.NONE, "fake/1", (), (), 1.0, abstract)


def test_each_paper_comes_once() -> None:
    """Of two feedbacks on the same paper, the later holds. One without words is counted."""
    papers, counts = exported(
        [said("a:0", "cs.LG", abstract=BRANES), said("b:0", "cs.CV", abstract=IMAGES),
         said("c:0", "hep-th", "math-ph", abstract=BRANES), said("d:0", "cs.LG")]
    )  # fmt: skip
    assert [(paper.abstract.text, [str(each) for each in paper.categories]) for paper in papers] == [
        (BRANES.text, ["hep-th", "math-ph"]),
        (IMAGES.text, ["cs.CV"]),
    ]
    assert counts == "2 1 1"


def test_words_may_come_from_the_log() -> None:
    """A prediction log that keeps texts has the words of papers. Those sent with feedback come first."""
    feedback = [said("a:0", "hep-th"), said("b:0", "cs.CV", abstract=IMAGES)]
    papers, _ = exported(feedback, [logged("a:0", BRANES), logged("b:0", BRANES), logged("c:0", IMAGES)])
    assert [paper_hash(paper.abstract) for paper in papers] == [paper_hash(BRANES), paper_hash(IMAGES)]


def test_a_paper_keeps_its_identifier() -> None:
    """Whichever of its predictions feedback is on, a paper has the same identifier, so a split by hash is the same."""
    first, _ = exported([said("a:0", "hep-th", abstract=BRANES)])
    later, _ = exported([said("a:0", "hep-th", abstract=BRANES), said("b:0", "math-ph", abstract=BRANES)])
    assert later[0].categories != first[0].categories
    assert later[0].abstract.id == first[0].abstract.id == paper_hash(BRANES)


def test_nothing_to_write_is_an_error() -> None:
    """Without feedback, or without words for any, the error says what to do."""
    with pytest.raises(InvalidInputError, match="There is no feedback yet"):
        exported([])
    with pytest.raises(InvalidInputError, match="--log"):
        exported([said("a:0", "cs.LG")], [logged("a:0", None)])


def test_training_reads_what_is_written(tmp_path: Path) -> None:
    """The file is a data set as `train --dataset` opens it, with the same papers in it."""
    papers, _ = exported([said("a:0", "hep-th", "math-ph", abstract=BRANES), said("b:0", "cs.CV", abstract=IMAGES)])
    stream = io.BytesIO()
    dated = Abstract(IMAGES.text, month="2026-11")
    write_papers(stream, [*papers, LabelledAbstract(dated, (Category("cs.LG"),))])
    (tmp_path / "papers.jsonl").write_bytes(stream.getvalue())
    found = list(open_dataset(str(tmp_path / "papers.jsonl")).papers(None, lambda bad: pytest.fail(str(bad))))
    assert [each.categories for each in found[:2]] == [each.categories for each in papers]
    assert found[0].abstract == Abstract("We study branes \N{EM DASH} and strings.", "On branes", paper_hash(BRANES))
    assert found[2].month == "2026-11"
