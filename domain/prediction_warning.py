"""What a user should know of a text before they rely on its prediction."""

from enum import StrEnum


class PredictionWarning(StrEnum):
    """A reason why the prediction of an abstract may mean little; the value is its code in JSON and logs."""

    NO_KNOWN_WORD = "no_known_word"
    OTHER_SCRIPT = "other_script"
    FEW_WORDS = "few_words"

    @property
    def sentence(self) -> str:
        """What is the matter with the text and what that means or what to do."""
        return _SENTENCES[self]


_SENTENCES = {
    PredictionWarning.NO_KNOWN_WORD: (
        "The model knows no word of the text, so the probabilities say how common categories are."
    ),
    PredictionWarning.OTHER_SCRIPT: (
        "Most letters of the text are not Latin. The model learnt from English; give an English abstract."
    ),
    PredictionWarning.FEW_WORDS: "The text has fewer than four words. Give the whole abstract.",
}
