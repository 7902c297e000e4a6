"""Texts whose predictions may mean little."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.predictions.text_warnings import is_of_other_script, text_warnings
from domain.abstract import Abstract
from domain.prediction import PredictionBatch
from domain.prediction_warning import PredictionWarning
from domain.taxonomy import Taxonomy
from tests.examples import own_taxonomy, small_taxonomy

FEW, SCRIPT, UNKNOWN = PredictionWarning.FEW_WORDS, PredictionWarning.OTHER_SCRIPT, PredictionWarning.NO_KNOWN_WORD
RUSSIAN = "Мы изучаем графовые нейронные сети"
CHINESE = "我们研究图神经网络"


def _warned(
    abstract: Abstract, *, unread: bool = False, taxonomy: Taxonomy | None = None
) -> tuple[PredictionWarning, ...]:
    taxonomy = taxonomy or small_taxonomy()
    rows = np.full((1, len(taxonomy)), 0.5, np.float32)
    batch = PredictionBatch(taxonomy, rows.data, frozenset([0] if unread else []))
    return text_warnings([abstract], batch).get(0, ())


@pytest.mark.parametrize(
    ("text", "title", "warnings"),
    [
        ("2301.01234", None, (FEW,)),
        ("graph neural networks", None, (FEW,)),
        ("  graph   neural\nnetworks  ", "", (FEW,)),
        ("On graph neural networks", None, ()),
        ("networks", "On graph neural", ()),
        (RUSSIAN, None, (SCRIPT,)),
        (CHINESE, None, (SCRIPT,)),
        ("Graph neural networks learn.", RUSSIAN, (SCRIPT,)),
        ("Graph neural networks learn quickly from few labelled examples.", RUSSIAN, ()),
        ("Étude des réseaux de neurones à graphes", None, ()),
        ("Let \N{GREEK SMALL LETTER ALPHA} be a field.", None, ()),
        ("\N{MATHEMATICAL BOLD CAPITAL A}" * 9 + " is a field", None, ()),
    ],
)
def test_texts_are_warned_of_that_can_hardly_be_read(
    text: str, title: str | None, warnings: tuple[PredictionWarning, ...]
) -> None:
    """Under four words in title and abstract, or mostly letters of another script, are warned of; accents are not."""
    assert _warned(Abstract(text, title)) == warnings


def test_a_text_without_a_known_word_is_warned_of() -> None:
    """A text of which the classifier can read nothing has a warning, with all other warnings that apply."""
    assert _warned(Abstract("Qwrt zxcv bnmk plkj"), unread=True) == (UNKNOWN,)
    assert _warned(Abstract("qwrt"), unread=True) == (UNKNOWN, FEW)
    assert _warned(Abstract(CHINESE), unread=True) == (UNKNOWN, SCRIPT)


def test_models_with_labels_of_their_own_may_read_any_script() -> None:
    """A model that was trained with own labels may have learnt from Russian."""
    assert _warned(Abstract(RUSSIAN), taxonomy=own_taxonomy()) == ()


@given(
    latin=st.text("abcXYZéß", max_size=30), foreign=st.text("жд网α", max_size=30), between=st.text(" .,1²—", max_size=9)
)
def test_another_script_is_a_majority_of_letters(latin: str, foreign: str, between: str) -> None:
    """Digits, marks and the order of letters do not count."""
    assert is_of_other_script(between.join([latin, foreign])) == (len(foreign) > len(latin))


def test_each_row_has_its_own_warnings() -> None:
    """The warnings stand under the rows that have any."""
    taxonomy = small_taxonomy()
    batch = PredictionBatch(taxonomy, np.full((3, len(taxonomy)), 0.5, np.float32).data, frozenset([2]))
    texts = ["one two", "one two three four", "one two three four"]
    assert text_warnings([Abstract(text) for text in texts], batch) == {0: (FEW,), 2: (UNKNOWN,)}


def test_every_warning_has_a_sentence() -> None:
    """Each code of the closed set has a sentence that ends like one."""
    assert all(warning.sentence.endswith(".") for warning in PredictionWarning)
