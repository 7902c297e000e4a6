"""What each shipped model is good for, in the words of someone who chooses one."""

_PURPOSES = {
    "arxiv": "all of arXiv",
    "baseline": "fast",
    "ensemble": "most accurate",
    "minilm": "words in context",
}


def purpose_of(shipped_as: str) -> str:
    """Returns what a shipped model is good for, and an empty text for a model that does not come with the program."""
    return _PURPOSES.get(shipped_as, "")
