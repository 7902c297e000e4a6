"""Identifiers of arXiv in every form that people copy."""

import pytest

from domain.arxiv_identifier import ArxivIdentifier
from domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2606.01234", "2606.01234"),
        (" 2606.01234v2\n", "2606.01234v2"),
        ("0704.0001", "0704.0001"),
        ("cs/0112017", "cs/0112017"),
        ("cs/0112017v1", "cs/0112017v1"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("arXiv:2606.01234v3", "2606.01234v3"),
        ("oai:arXiv.org:cs/0112017", "cs/0112017"),
        ("https://arxiv.org/abs/2606.01234", "2606.01234"),
        ("http://www.arxiv.org/abs/cs/0112017v2", "cs/0112017v2"),
        ("arxiv.org/pdf/2606.01234v2.pdf", "2606.01234v2"),
        ("https://export.arxiv.org/abs/2606.01234?context=cs#top", "2606.01234"),
        ("https://arxiv.org/html/2606.01234v1/", "2606.01234v1"),
        ("https://doi.org/10.48550/arXiv.2606.01234", "2606.01234"),
    ],
)
def test_reads_what_people_copy(text: str, expected: str) -> None:
    """Bare ids, versions, prefixes, URLs and DOIs give the identifier."""
    assert str(ArxivIdentifier.parse(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2606.01234v" + "9" * 5000,
        "2606.0123\u0661",
        "",
        "2613.01234",
        "2600.01234",
        "2606.123",
        "2606.01234v0",
        "cs.LG",
        "cs/011201",
        "https://e.org/abs/x",
    ],
)
def test_refuses_what_is_no_identifier(text: str) -> None:
    """Another text, or a month that there is not, is an error that shows the forms."""
    with pytest.raises(InvalidInputError, match=r"is not an arXiv identifier\. Write one as 2606\.01234"):
        ArxivIdentifier.parse(text)


def test_keeps_paper_and_version_apart() -> None:
    """The version is a number, or none."""
    assert ArxivIdentifier.parse("2606.01234v12") == ArxivIdentifier("2606.01234", 12)
    assert ArxivIdentifier.parse("2606.01234").version is None
