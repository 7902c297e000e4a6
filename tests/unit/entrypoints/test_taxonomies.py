"""Which categories the configuration files name."""

import json
import re
from pathlib import Path

import pytest

from domain.category import Category
from domain.errors import ConfigurationError
from domain.lifetime import Lifetime
from domain.month import FIRST_MONTH
from entrypoints.container import container_of
from entrypoints.resources import configs
from entrypoints.settings import Settings
from entrypoints.taxonomies import all_categories, label_choice, label_names, lifetimes, load_taxonomy

FIFTY = (
    "cs.LG hep-ph hep-th cs.CV quant-ph cs.AI gr-qc cond-mat.mtrl-sci astro-ph cs.CL cond-mat.mes-hall math-ph "
    "math.MP cond-mat.str-el cond-mat.stat-mech math.CO astro-ph.CO stat.ML astro-ph.GA math.AP astro-ph.SR "
    "astro-ph.HE math.PR nucl-th hep-ex math.OC math.AG physics.optics cs.IT math.IT cs.RO math.NT cond-mat.supr-con "
    "math.DG math.NA cs.CR cond-mat.soft cs.SY math.DS eess.SP math.FA eess.SY astro-ph.IM astro-ph.EP "
    "stat.ME physics.flu-dyn cs.NA eess.IV hep-lat math.RT"
)


def test_the_fifty_stand_in_their_order() -> None:
    """A shifted column is a silent catastrophe: the 50 categories stand in this order."""
    assert " ".join(map(str, load_taxonomy())) == FIFTY


def test_the_fifty_have_four_pairs_of_aliases() -> None:
    """The pairs that arXiv lists together are known, by column."""
    taxonomy = load_taxonomy()
    pairs = [(str(taxonomy.categories[i]), str(taxonomy.categories[j])) for i, j in taxonomy.alias_pairs()]
    assert pairs == [("math-ph", "math.MP"), ("cs.IT", "math.IT"), ("math.NA", "cs.NA"), ("cs.SY", "eess.SY")]


def test_astro_ph_is_retired() -> None:
    """Astro-ph without a sub-category was in use until 2008-12. No other of the 50 is retired."""
    retired = {str(info.category): info.retired for info in load_taxonomy().infos if info.retired}
    assert retired == {"astro-ph": "2008-12"}


def test_all_of_arxiv_is_there() -> None:
    """The whole taxonomy has 155 categories in use and 21 retired ones, each with name, group and description."""
    infos = all_categories().infos
    assert len(infos) == 176
    assert sum(info.retired is None for info in infos) == 155
    assert all(info.name and info.group and info.description for info in infos)


def test_aliases_are_mutual() -> None:
    """Every alias names its twin, and is named by it: six pairs."""
    taxonomy = all_categories()
    twins = {info.category: info.alias for info in taxonomy.infos if info.alias}
    assert len(twins) == 12
    assert all(twins[twin] == category for category, twin in twins.items())


def test_dates_are_months_in_order() -> None:
    """Dates are written YYYY-MM, and nothing was retired before it started."""
    month = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
    for info in all_categories().infos:
        assert all(month.fullmatch(date) for date in (info.started, info.retired) if date)
        assert not (info.started and info.retired) or info.started <= info.retired


def test_dates_have_their_sources() -> None:
    """Each date has a document of arXiv's that says it, and none is before arXiv began; 85 starts have none."""
    listed = json.loads((configs() / "categories_all.json").read_text("utf-8"))
    for entry in listed["categories"]:
        dated = entry["started"] or entry["retired"]
        assert (entry["source"] is not None) == bool(dated)
        assert entry["source"] is None or re.split("[ ,]", entry["source"])[0] in listed["sources"]
        assert not dated or dated >= FIRST_MONTH
        assert "older" not in entry or entry["started"]
    assert sum(entry["started"] is None for entry in listed["categories"]) == 85


def test_lifetimes_are_the_dates_that_say_something_of_papers() -> None:
    """A category that arXiv gave to many older papers has no beginning. Each that ended has its end."""
    found = {str(category): lifetime for category, lifetime in lifetimes().items()}
    assert found["eess.SY"] == Lifetime("2019-06")
    assert found["astro-ph"] == Lifetime("1992-04", "2008-12")
    assert not {"math.AG", "nlin.CD", "q-fin.ST", "math.MP", "stat.TH", "cs.LG"} & found.keys()
    assert {str(info.category) for info in all_categories().infos if info.retired} == {
        name for name, lifetime in found.items() if lifetime.last
    }


@pytest.mark.parametrize("content", [["hep-lat", "q-bio"], {"selected_categories": ["hep-lat", "q-bio"]}])
def test_reads_another_selection(tmp_path: Path, content: object) -> None:
    """A file of one's own, a list or an object with one, selects any of arXiv's categories in its order."""
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content))
    taxonomy = load_taxonomy(path)
    assert taxonomy.categories == (Category("hep-lat"), Category("q-bio"))
    assert taxonomy.infos[1].retired == "2003-08"
    assert load_taxonomy(str(path)) == load_taxonomy(("hep-lat", "q-bio")) == taxonomy


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('["cs.LG", "hep-tx"]', "has no hep-tx. The nearest is hep-th"),
        ('["cs.LG", "cs.LG"]', "twice"),
        ('["cs.LG", 5]', "'5' is not an arXiv category"),
        ("[]", "at least one category"),
        ('{"categories": []}', "lists no categories"),
        ("half {", "is not JSON"),
    ],
)
def test_says_what_is_wrong_with_a_selection(tmp_path: Path, content: str, words: str) -> None:
    """An unknown, repeated or malformed category and a broken file are configuration errors that name the file."""
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=words) as raised:
        load_taxonomy(path)
    assert str(path) in str(raised.value)


def test_says_that_a_file_is_missing(tmp_path: Path) -> None:
    """A missing file is a configuration error with the system's reason."""
    with pytest.raises(ConfigurationError, match="No such file"):
        load_taxonomy(tmp_path / "none.json")


def test_current_categories_are_those_in_which_papers_are_filed_today() -> None:
    """Retired categories are left out, every other one is there, and a setting chooses them by name."""
    current = container_of(Settings(categories="current")).taxonomy()
    assert set(current) == {info.category for info in all_categories().infos if info.retired is None}
    assert "cs.SE" in map(str, current)
    assert "astro-ph" not in map(str, current)


def test_a_wrong_number_of_labels_is_refused() -> None:
    """`top:` without a number is an error that shows the form."""
    with pytest.raises(ConfigurationError, match="top:abc is no number of labels"):
        label_choice("top:abc", 1)


def test_a_label_has_one_name(tmp_path: Path) -> None:
    """Two names of one label are an error. The same name twice is one."""
    path = tmp_path / "names.csv"
    path.write_text("label,name\nQ1,Soil\nQ1,Soil\n")
    assert label_names(path) == {"Q1": "Soil"}
    path.write_text("label,name\nQ1,Soil\nQ1,Water\n")
    with pytest.raises(ConfigurationError, match="names Q1 twice: 'Soil' and 'Water'"):
        label_names(path)
