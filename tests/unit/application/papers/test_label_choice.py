"""Which labels a model learns."""

import logging

import pytest

from application.papers.label_choice import LabelChoice, arxiv_labels, label_set_of, own_labels
from domain.abstract import Abstract
from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label, LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import CategoryInfo, Taxonomy


def _papers(*cells: str, parse: type[Label] = Label) -> list[LabelledAbstract]:
    return [LabelledAbstract(Abstract("text"), tuple(map(parse, cell.split(";")))) for cell in cells]


PAPERS = _papers("soil;water", "soil", "air", "soil;air")
EVERY = Taxonomy(tuple(CategoryInfo(Category(name), name, "") for name in ("cs.AI", "cs.CV", "cs.LG", "hep-th")))
USUAL = EVERY.subset([Category("cs.AI"), Category("cs.LG")])
ARXIV = _papers("cs.LG;cs.CV", "cs.LG", "hep-th;cs.LG", "hep-th", parse=Category)


def _own(choice: LabelChoice, papers: list[LabelledAbstract] = PAPERS) -> list[str]:
    return [str(label) for label in own_labels(papers, choice, {})]


def test_all_labels_are_learnt_most_frequent_first() -> None:
    """Without a choice, every label of the training papers is learnt; equally frequent ones by the alphabet."""
    assert _own(LabelChoice()) == ["soil", "air", "water"]


def test_a_choice_is_kept() -> None:
    """Named labels keep their order, `top` takes the most frequent ones, and rare ones are left out."""
    assert _own(LabelChoice(("water", "soil"))) == ["water", "soil"]
    assert _own(LabelChoice(top=1)) == ["soil"]
    assert _own(LabelChoice(min_papers=2)) == ["soil", "air"]


def test_what_is_left_out_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the labels that have too few papers, and labels that differ in case alone."""
    with caplog.at_level(logging.INFO):
        _own(LabelChoice(min_papers=2))
        _own(LabelChoice(), _papers("Soil", "soil"))
    assert caplog.messages[0] == "1 labels have fewer than 2 training papers and are left out: water."
    assert "Soil and soil differ in case alone" in caplog.messages[1]


def test_labels_have_names() -> None:
    """A label that has a name in words is called by it, another one by itself."""
    infos = own_labels(PAPERS, LabelChoice(("soil", "air")), {"soil": "Soil science", "air": ""}).infos
    assert [info.name for info in infos] == ["Soil science", "air"]


@pytest.mark.parametrize(
    ("choice", "papers", "said"),
    [
        (LabelChoice(("soill",)), PAPERS, "None of the 4 training papers has the label soill. Did you mean soil?"),
        (LabelChoice(("fire",)), PAPERS, "the label fire. They have soil, air, water"),
        (LabelChoice(()), PAPERS, "--categories names no label"),
        (LabelChoice(min_papers=9), PAPERS, "No label has 9 training papers; the most frequent one has 3"),
        (LabelChoice(), _papers("soil", "soil"), "All 2 training papers have soil, the only label"),
        (LabelChoice(), _papers(*(f"label {n}" for n in range(10_001))), "have 10,001 labels, .* at most 10,000"),
    ],
)
def test_what_cannot_be_learnt_is_refused(choice: LabelChoice, papers: list[LabelledAbstract], said: str) -> None:
    """A label that no paper has, one that all have alone, and too many are each an error that says what to do."""
    with pytest.raises(InvalidInputError, match=said):
        _own(choice, papers)


def test_one_label_of_several_is_learnt() -> None:
    """One label may be learnt where some papers have it and others have not."""
    assert _own(LabelChoice(("air",))) == ["air"]


@pytest.mark.parametrize("choice", [{"names": ("a", "a")}, {"top": 0}])
def test_a_choice_of_no_sense_is_refused(choice: dict[str, object]) -> None:
    """A label that is named twice, and the most frequent none, are errors."""
    with pytest.raises(ConfigurationError, match=r"a twice|0 labels are none"):
        LabelChoice(**choice)  # type: ignore[arg-type]  # given by name


def test_categories_of_arxiv_are_chosen_too() -> None:
    """The default, names, the most frequent ones and those with papers enough keep what arXiv says of them."""

    def chosen(choice: LabelChoice) -> list[str]:
        return [str(label) for label in arxiv_labels(ARXIV, choice, usual=USUAL, every=EVERY)]

    assert chosen(LabelChoice()) == ["cs.AI", "cs.LG"]
    assert chosen(LabelChoice(("hep-th", "cs.CV"))) == ["hep-th", "cs.CV"]
    assert chosen(LabelChoice(top=2)) == ["cs.LG", "hep-th"]
    assert chosen(LabelChoice(min_papers=1)) == ["cs.AI", "cs.LG"]
    assert chosen(LabelChoice(min_papers=2)) == ["cs.LG"]
    with pytest.raises(InvalidInputError, match=r"no cs\.LL\. The nearest is cs\.LG"):
        chosen(LabelChoice(("cs.LL",)))
    assert (label_set_of(ARXIV), label_set_of(PAPERS)) == (LabelSet.ARXIV, LabelSet.OWN)
