"""A sentence on the purpose of each shipped model, for people who choose one."""

_PURPOSES = {
    "arxiv": "all of arXiv",
    "baseline": "fast",
    "ensemble": "most accurate",
    "minilm": "words in context",
}


def purpose_of(shipped_as: str) -> str:
    """Returns the purpose of a shipped model, or an empty text for a model that does not come with the program."""
    return _PURPOSES.get(shipped_as, "")
