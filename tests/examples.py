"""A small taxonomy, papers that fit it, and a model card: enough for most tests."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.abstract import Abstract
from domain.arxiv_paper import ArxivPaper
from domain.calibration import Calibration
from domain.category import Category
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import ModelCard
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds

_WORDS = {
    "cs.LG": "network gradient training loss layer",
    "hep-th": "string brane duality gauge supersymmetry",
    "math-ph": "operator spectrum lattice hamiltonian rigorous",
    "cs.CV": "image pixel camera segmentation detection",
}
_OWN = {
    "cs.LG": "physics-dept",
    "hep-th": "Q1: soil",
    "math-ph": "a; b, c|d",
    "cs.CV": 'Boden & Ökologie "neu"',
}
_FILLER = ["we", "study", "the", "problem", "and", "show", "results", "for", "a", "new", "method"]


def small_taxonomy() -> Taxonomy:
    """Five categories in no alphabetical order, two of them aliases, one retired."""
    return Taxonomy(
        (
            CategoryInfo(
                Category.parse("cs.LG"), "Machine Learning", "Computer Science", "Learning.", started="2007-01"
            ),
            CategoryInfo(Category.parse("hep-th"), "Theory", "Physics", retired="2019-12"),
            CategoryInfo(Category.parse("math-ph"), "Mathematical Physics", "Physics", alias=Category.parse("math.MP")),
            CategoryInfo(
                Category.parse("math.MP"), "Mathematical Physics", "Mathematics", alias=Category.parse("math-ph")
            ),
            CategoryInfo(Category.parse("cs.CV"), "Computer Vision", "Computer Science"),
        )
    )


def small_papers(count: int = 40, *, first: int = 0) -> list[LabelledAbstract]:
    """Papers whose words tell their categories; every third has a second category, every fourth no title."""
    return [_paper(number) for number in range(first, first + count)]


def own_taxonomy() -> Taxonomy:
    """Four labels that are not arXiv's: one has the form of a category, others hold what separates labels."""
    return Taxonomy(tuple(CategoryInfo(Label(name), name.upper(), "") for name in _OWN.values()))


def own_papers(count: int = 40, *, first: int = 0) -> list[LabelledAbstract]:
    """The small papers with the labels of `own_taxonomy` in the place of categories."""
    return [_with_own_labels(paper) for paper in small_papers(count, first=first)]


def _with_own_labels(paper: LabelledAbstract) -> LabelledAbstract:
    names = (_OWN[str(category)] for category in paper.categories if str(category) in _OWN)
    return LabelledAbstract(paper.abstract, tuple(map(Label, names)))


def json_lines(papers: Iterable[LabelledAbstract]) -> str:
    """Papers as a JSON Lines file of labelled papers has them."""
    rows = (
        {
            "id": paper.abstract.id,
            "title": paper.abstract.title,
            "abstract": paper.abstract.text,
            "categories": [category.identifier for category in paper.categories],
        }
        for paper in papers
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def small_card(kind: str = "tiny", **changes: Any) -> ModelCard:
    """A card with something in every field."""
    taxonomy = small_taxonomy()
    card = ModelCard(
        kind=kind,
        taxonomy=taxonomy,
        thresholds=Thresholds(0.3, {Category.parse("cs.CV"): 0.45}),
        calibration=Calibration((1.0, 0.9, 1.1, 1.1, 1.0), (0.0, -0.1, 0.2, 0.2, 0.1)),
        seed=7,
        created="2026-11-20T10:11:12+00:00",
        config={"epochs": 3, "nested": {"words": ["a", "b"], "none": None}},
        data={"source": "papers.parquet", "fingerprint": "ab" * 32, "train": 40},
        metrics={"validation": {"micro_f1": 0.5, "macro_f1": 0.25}},
    )
    return replace(card, **changes)


def own_card(kind: str = "tiny", **changes: Any) -> ModelCard:
    """A card of a model with labels of `own_taxonomy`."""
    own = {
        "taxonomy": own_taxonomy(),
        "thresholds": Thresholds(0.3, {Label("Q1: soil"): 0.45}),
        "calibration": Calibration((1.0,) * 4, (0.0,) * 4),
    }
    return small_card(kind, **{**own, **changes})


def _paper(number: int) -> LabelledAbstract:
    names = list(_WORDS)
    chosen = [names[number % 4]] + ([names[(number // 4 + number + 1) % 4]] if number % 3 == 0 else [])
    chosen = list(dict.fromkeys(chosen))
    words = [word for name in chosen for word in _WORDS[name].split()]
    filler = _FILLER[number % 5 :]
    text = " ".join([*filler, *words[number % 2 :], f"study{number % 7}"])
    title = None if number % 4 == 3 else f"On {words[number % 5]} and {filler[0]}"
    categories = [*chosen, "math.MP"] if "math-ph" in chosen else chosen
    abstract = Abstract(text, title, id=f"2101.{number:05d}", month=f"2021-{number % 12 + 1:02d}")
    return LabelledAbstract(abstract, tuple(Category.parse(name) for name in categories))


def arxiv_paper(
    id: str = "2605.00001", text: str = "We study networks.", title: str | None = "Networks", *, day: int = 4
) -> ArxivPaper:
    """A paper of arXiv that was submitted on a day of the month that its id says."""
    moment = datetime(2000 + int(id[:2]), int(id[2:4]), day, 8, tzinfo=UTC)
    abstract = Abstract(text, title, id, month=f"{moment:%Y-%m}")
    paper = LabelledAbstract(abstract, (Category("cs.LG"), Category("stat.ML")))
    return ArxivPaper(paper, moment, moment + timedelta(days=1))
