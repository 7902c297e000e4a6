"""`arxiv-classifier advise`, as a person runs it."""

import json

import pytest

from entrypoints.cli.main import main

TITLE = "Regularity of minimal surfaces"
TEXT = (
    "We prove a regularity theorem for stationary varifolds and for elliptic partial differential equations "
    "with boundary conditions in Sobolev spaces."
)


def test_the_first_line_is_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped model names the primary category and the cross-list in a sentence, and the words for each."""
    assert main(["advise", "--title", TITLE, "--text", TEXT]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0] == "Primary: math.AP. Cross-list: math.DG."
    assert "Analysis of PDEs" in told
    assert "elliptic" in told
    assert "has not learnt" not in told


def test_chosen_categories_get_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    """cs.LG is dropped and math.AP comes first; several categories follow one --chosen."""
    assert main(["advise", "--title", TITLE, "--chosen", "cs.LG", "math.AP", "cs.SE", "--text", TEXT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    verdicts = {each["category"]: each["verdict"] for each in found["opinion"]}
    assert verdicts == {"math.AP": "swap", "cs.LG": "drop", "cs.SE": "no opinion", "math.DG": "add"}
    assert found["primary"]["category"] == "math.AP"


def test_a_paper_of_another_field_is_told_as_outside(capsys: pytest.CaptureFixture[str]) -> None:
    """A paper of biology has none of the shipped model's categories."""
    text = (
        "We sequenced the genomes of wild bee populations and measured how gene expression in larvae responds to "
        "pesticides, soil moisture and the diet of the colony over three seasons."
    )
    assert main(["advise", "--title", "Bees and pesticides", "--text", text]) == 0
    assert capsys.readouterr().out.startswith("Probably outside the categories this model knows.")


def test_a_twin_is_advised_with_its_category(capsys: pytest.CaptureFixture[str]) -> None:
    """A paper on numerical analysis is filed under math.NA, with cs.NA beside it."""
    text = "We analyse the convergence of a finite element method and prove a priori error estimates on meshes."
    assert main(["advise", "--text", text]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("Primary: math.NA. Cross-list: cs.NA")


def test_a_french_abstract_brings_a_warning_and_no_opinion(capsys: pytest.CaptureFixture[str]) -> None:
    """A French abstract gets a warning and no opinion, because the shipped model knows too few of its words."""
    text = (
        "Nous proposons une méthode d'apprentissage profond pour la segmentation d'images médicales et montrons des "
        "résultats sur trois jeux de données."
    )
    assert main(["advise", "--text", text, "--chosen", "cs.CV", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["verdict"] for each in found["opinion"]] == ["no opinion"]
    assert any("too few of the words" in each for each in found["warnings"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", TEXT, "--chosen", "cs.LC"], "cs.LC"),
        (["--text", TEXT, "--date", "2999-01"], "future"),
        (["--text", " "], "blank"),
        (["--title", TITLE], "--text"),
    ],
)
def test_mistakes_are_told_in_a_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown category, a date in the future and a missing text end with exit code 2 and a remedy."""
    assert main(["advise", *arguments]) == 2
    assert said in capsys.readouterr().err
