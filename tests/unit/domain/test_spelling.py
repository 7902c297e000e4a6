"""Misspellings and other words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.spelling import nearest

COMMANDS = ["predict", "train", "sweep", "evaluate", "index", "similar", "serve", "demo", "data", "models", "export"]
OPTIONS = ["--text", "--title", "--threshold", "--top-k", "--output", "--format", "--max-characters", "--input-format"]
VARIABLES = ["ARXIV_CLASSIFIER_SEED", "ARXIV_CLASSIFIER_LOG", "ARXIV_CLASSIFIER_MAX_CHARACTERS", "MODEL_PATH"]


@pytest.mark.parametrize(
    ("word", "known", "wanted"),
    [
        ("predct", COMMANDS, "predict"),
        ("perdict", COMMANDS, "predict"),
        ("pridikt", COMMANDS, "predict"),
        ("Predict", COMMANDS, "predict"),
        ("trian", COMMANDS, "train"),
        ("eval", COMMANDS, "evaluate"),
        ("--run", ["--run-name"], "--run-name"),
        ("--max", OPTIONS, "--max-characters"),
        ("model", COMMANDS, "models"),
        ("--treshold", OPTIONS, "--threshold"),
        ("--theshold", OPTIONS, "--threshold"),
        ("--max_charcters", OPTIONS, "--max-characters"),
        ("--topk", OPTIONS, "--top-k"),
        ("--top-n", OPTIONS, "--top-k"),
        ("ARXIV_CLASSIFIER_SEDE", VARIABLES, "ARXIV_CLASSIFIER_SEED"),
        ("ARXIV_CLASSIFIER_MAX_CHARACTER", VARIABLES, "ARXIV_CLASSIFIER_MAX_CHARACTERS"),
        ("nam", ["name", "goal"], "name"),
    ],
)
def test_a_misspelling_has_its_word(word: str, known: list[str], wanted: str) -> None:
    """The nearest word is found for a letter too many, missing, wrong or swapped, and for an unfinished word."""
    assert nearest(word, known) == wanted


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("report", COMMANDS),
        ("import", ["export"]),
        ("delta", COMMANDS),
        ("foo", COMMANDS),
        ("x", COMMANDS),
        ("", COMMANDS),
        ("--test-size", OPTIONS),
        ("--input", OPTIONS[:-1]),
        ("--information", OPTIONS),
        ("--all", ["--allow-taxonomy-change"]),
        ("--limit", OPTIONS),
        ("ARXIV_CLASSIFIER_FOO", VARIABLES),
        ("ARXIV_CLASSIFIER_THREADS", VARIABLES),
        ("predict" * 1000, COMMANDS),
    ],
)
def test_another_word_has_none(word: str, known: list[str]) -> None:
    """A word that merely shares letters with a known one is not taken for it."""
    assert nearest(word, known) is None


def test_the_nearest_of_several_is_told() -> None:
    """Fewer edits win over more, then the first letter typed, then the alphabet."""
    assert nearest("treshold", ["thresholds", "threshold"]) == "threshold"
    assert nearest("lot", ["log", "dot"]) == "log"
    assert nearest("lot", ["lox", "log"]) == "log"


@given(word=st.text(st.characters(categories=["Ll"]), min_size=4, max_size=20), place=st.integers(0, 100))
def test_any_letter_left_out_is_a_misspelling(word: str, place: int) -> None:
    """Of four letters or more, each one may be missing."""
    at = place % len(word)
    assert nearest(word[:at] + word[at + 1 :], [word]) == word
