"""Shares of primary categories, read from files."""

import json
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints.resources import configs
from entrypoints.shares import arxiv_shares, load_shares
from entrypoints.taxonomies import all_categories


def test_arxivs_own_shares_cover_its_taxonomy() -> None:
    """The table has a share of every category of arXiv's, about 1 in all, 0 for the retired ones, with its source."""
    shares = arxiv_shares()
    assert set(shares) == {str(category) for category in all_categories()}
    assert sum(shares.values()) == pytest.approx(1, abs=0.002)
    assert all(shares[str(info.category)] == 0 for info in all_categories().infos if info.retired)
    table = json.loads((configs() / "arxiv_shares.json").read_text())
    assert {"source", "period", "counted", "papers", "method", "exactness", "estimated"} <= set(table)
    assert set(table["estimated"]) <= set(shares)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shares.csv", "category,share\ncs.LG,0.75\nmath.AP, 0.25\n"),
        ("shares.csv", "note,share,category\nx,0.75,cs.LG\n,2.5e-1,math.AP\n"),
        ("shares.json", '{"cs.LG": 0.75, "math.AP": 0.25}'),
        ("shares.json", '{"source": "x", "shares": {"cs.LG": 0.75, "math.AP": 0.25}}'),
    ],
)
def test_reads_csv_and_json(tmp_path: Path, name: str, text: str) -> None:
    """Both forms of each format give the same shares."""
    path = tmp_path / name
    path.write_text(text)
    assert load_shares(str(path)) == {"cs.LG": 0.75, "math.AP": 0.25}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "have not the columns category and share"),
        ("name,part\ncs.LG,1\n", "have not the columns category and share"),
        ("category,share\ncs.LG,-0.1\n", "The share of cs.LG in .* is '-0.1'. Give a number from 0."),
        ("category,share\ncs.LG,nan\n", "The share of cs.LG in .* is 'nan'"),
        ("category,share\ncs.LG\n", "The share of cs.LG in .* is None"),
        ("category,share\ncs.LG,1\ncs.LG,1\n", "name cs.LG twice"),
        ("category,share\ncs.LG,0\n", "no category with a share above 0"),
        ("category,share\nMachine Learning,1\n", "'Machine Learning' is not an arXiv category"),
        ('{"cs.LG": "many"}', "The share of cs.LG in .* is 'many'"),
        ('{"cs.LG": true}', "The share of cs.LG in .* is True"),
        ('{"cs.LG": NaN}', "The share of cs.LG in .* is nan"),
        ('{"cs.LG": 1, "cs.LG": 2}', "name cs.LG twice"),
        ("[0.1, 0.2]", "are no object of categories"),
        ('{"shares": 3}', "are no object of categories"),
        ('{"cs.LG": 1', "are not JSON"),
    ],
)
def test_bad_shares_are_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    """The error names the file, the category and the value."""
    path = tmp_path / "shares.txt"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        load_shares(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error has the path and why it cannot be read."""
    with pytest.raises(ConfigurationError, match=r"none\.csv cannot be read: No such file"):
        load_shares(str(tmp_path / "none.csv"))
