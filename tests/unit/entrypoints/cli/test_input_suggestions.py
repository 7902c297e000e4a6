"""Inputs that are no files of papers, and the command to type in their place."""

from pathlib import Path

import pytest

from domain.errors import InvalidInputError
from entrypoints.cli.input_suggestions import refuse_other_than_papers


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("We propose a net.", "To predict a text, type: arxiv-classifier predict --text 'We propose a net.'"),
        ("hello", "arxiv-classifier predict --text hello"),
        ("We propose " * 100, "--text 'We propose We propose We propose We ...'"),
        ("It's quick.", "--text 'It'\"'\"'s quick.'"),
        ("2301.01234", "2301.01234 is an arXiv identifier"),
        ("arXiv:2301.01234v2", "2301.01234v2 is an arXiv identifier"),
        ("https://arxiv.org/abs/2301.01234", "2301.01234 is an arXiv identifier"),
        ("https://arxiv.org/pdf/2301.01234v1.pdf", "2301.01234v1 is an arXiv identifier"),
        (
            "cs/0112017",
            "cs/0112017 is an arXiv identifier. To fetch the paper, type: arxiv-classifier predict --arxiv cs/0112017",
        ),
        ("math.GT/0309136", "math.GT/0309136 is an arXiv identifier"),
        ("papers.csv", "There is no file papers.csv. Check its path."),
        ("my papers.csv", "There is no file my papers.csv. Check its path."),
        ("papers/mine", "There is no file papers/mine. Check its path."),
        (" ", "INPUT is blank."),
        ("", "INPUT is blank."),
    ],
)
def test_what_is_not_there_is_answered_by_what_it_looks_like(
    source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text, an identifier, an address and a path each have their own answer."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError) as raised:
        refuse_other_than_papers(source, None)
    assert said in str(raised.value)


@pytest.mark.parametrize("source", ["", "*.csv", "s3://bucket/papers/", "https://example.org/a.csv"])
def test_folders_patterns_and_addresses_are_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Names that mean files of papers are accepted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").touch()
    refuse_other_than_papers(source or str(tmp_path), None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("paper.pdf", b"%PDF-1.5\n", "is a PDF document, not JSON Lines, CSV or parquet. Copy the abstract out of it."),
        ("a.txt", b"We propose", 'If it is one abstract, type: arxiv-classifier predict --text "$(cat '),
        ("papers.odd", b"abstract\n", "is of no known format. Give --input-format jsonl, csv, tsv, xlsx or parquet."),
        ("papers.zip", b"PK\x03\x04", "is of no known format. Give --input-format"),
    ],
)
def test_a_file_of_no_known_format(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Its content says what it is. With a format named, it is read."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInputError) as raised:
        refuse_other_than_papers(str(tmp_path / name), None)
    assert said in str(raised.value)
    refuse_other_than_papers(str(tmp_path / name), "csv")
