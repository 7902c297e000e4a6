"""Warnings about texts whose predictions may mean little."""

from enum import StrEnum


class PredictionWarning(StrEnum):
    """A reason why the prediction of an abstract may mean little. The value is its code in JSON and logs."""

    NO_KNOWN_WORD = "no_known_word"
    OTHER_SCRIPT = "other_script"
    FEW_WORDS = "few_words"
    NO_USEFUL_SET = "no_useful_set"

    @property
    def sentence(self) -> str:
        """The warning for people: the fault of the text, and its meaning or the remedy."""
        return _SENTENCES[self]


_SENTENCES = {
    PredictionWarning.NO_KNOWN_WORD: (
        "The model knows no word of the text, so the probabilities say how common categories are."
    ),
    PredictionWarning.OTHER_SCRIPT: (
        "Most letters of the text are not Latin. The model learnt from English; give an English abstract."
    ),
    PredictionWarning.NO_USEFUL_SET: (
        "There is no useful set with this coverage: it would hold no category or too many. Ask for another coverage."
    ),
    PredictionWarning.FEW_WORDS: "The text has fewer than four words. Give the whole abstract.",
}
