"""Hypothesis strategies that several test modules share."""

import string
from functools import cache
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from domain.abstract import Abstract
from domain.category import Category
from domain.experiment import Assignment, Experiment, Variant
from domain.labelled_abstract import LabelledAbstract
from domain.logged_prediction import LoggedPrediction
from domain.prediction import CategoryScore
from domain.registered_model import RegistryReference
from domain.sweep import Range
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds

Scored = tuple[NDArray[np.bool_], NDArray[np.float32]]

_LOWER = st.text(string.ascii_lowercase, min_size=1, max_size=6)
_LETTERS = st.text(string.ascii_letters, min_size=1, max_size=4)
# Hypothesis checks a strategy when it is made, which takes longer than to draw from it: these are made once.
_CATEGORIES = st.tuples(_LOWER, st.just("") | _LOWER.map("-{}".format), st.just("") | _LETTERS.map(".{}".format)).map(
    lambda parts: Category("".join(parts))
)
_PROBABILITIES = st.integers(0, 8).map(lambda eighths: eighths / 8) | st.floats(0, 1, width=32)


def examples(count: int, **more: Any) -> settings:
    """Settings of a property that is tried with `count` examples where others are tried with 50."""
    return settings(max_examples=max(5, count * settings().max_examples // 50), **more)


def categories() -> SearchStrategy[Category]:
    """Any well-formed category: cs.LG, hep-th, cond-mat.mtrl-sci, q-bio.QM ..."""
    return _CATEGORIES


@cache
def _lists_of_categories(min_size: int, max_size: int) -> SearchStrategy[list[Category]]:
    return st.lists(_CATEGORIES, min_size=min_size, max_size=max_size, unique=True)


@st.composite
def taxonomies(draw: DrawFn, *, min_size: int = 1, max_size: int = 8) -> Taxonomy:
    """Taxonomies in which some neighbouring categories are each other's alias."""
    members = draw(_lists_of_categories(min_size, max_size))
    aliases: list[Category | None] = [None] * len(members)
    for left in range(0, len(members) - 1, 2):
        if draw(st.booleans()):
            aliases[left], aliases[left + 1] = members[left + 1], members[left]
    infos = (CategoryInfo(c, str(c), c.archive, alias=a) for c, a in zip(members, aliases, strict=True))
    return Taxonomy(tuple(infos))


def words() -> SearchStrategy[str]:
    """Texts that are not blank."""
    return st.text(min_size=1, max_size=60).filter(lambda text: not text.isspace())


def abstracts() -> SearchStrategy[Abstract]:
    """Abstracts with and without title, identifier and month."""
    months = st.none() | st.sampled_from(["1991-07", "2015-03", "2026-11"])
    titles = st.none() | st.text(max_size=20)
    return st.builds(Abstract, text=words(), title=titles, id=st.none() | words(), month=months)


def labelled_abstracts(taxonomy: Taxonomy) -> SearchStrategy[LabelledAbstract]:
    """Papers with categories inside and outside a taxonomy."""
    listed = st.lists(st.sampled_from(taxonomy.categories) | categories(), min_size=1, max_size=4, unique=True)
    return st.builds(LabelledAbstract, abstracts(), listed.map(tuple))


def probabilities() -> SearchStrategy[float]:
    """Probabilities that float32 holds exactly; multiples of 1/8 are frequent, so that ties are."""
    return _PROBABILITIES


@cache
def probability_arrays(shape: tuple[int, int]) -> SearchStrategy[NDArray[np.float32]]:
    """Float32 arrays of probabilities with ties."""
    return hnp.arrays(np.float32, shape, elements=probabilities())


def thresholds_of(taxonomy: Taxonomy) -> SearchStrategy[Thresholds]:
    """One threshold for all, and others for some categories of a taxonomy."""
    by_category = st.dictionaries(st.sampled_from(taxonomy.categories), probabilities(), max_size=len(taxonomy))
    return st.builds(Thresholds, probabilities(), by_category)


@cache
def _flags(shape: tuple[int, int]) -> SearchStrategy[NDArray[np.bool_]]:
    return hnp.arrays(np.bool_, shape)


@st.composite
def scored(
    draw: DrawFn, *, min_papers: int = 1, max_papers: int = 14, min_categories: int = 1, max_categories: int = 6
) -> Scored:
    """Targets and probabilities of shape (papers, categories), with ties, categories without positives, blank rows."""
    shape = (draw(st.integers(min_papers, max_papers)), draw(st.integers(min_categories, max_categories)))
    targets = draw(_flags(shape))
    if draw(st.booleans()):
        targets[:, draw(st.integers(0, shape[1] - 1))] = False
    return targets, draw(probability_arrays(shape))


@st.composite
def ranges_with_numbers(draw: DrawFn) -> tuple[Range, float]:
    """A range of a sweep, with a number between its bounds that a sampler might propose."""
    whole = draw(st.booleans())
    low = draw(st.integers(1, 1000)) * (1 if whole else 0.001)
    width = draw(st.integers(1, 1000)) * (1 if whole else 0.001)
    parts = draw(st.none() | st.integers(1, 20))
    quantum = None if parts is None else max(1, round(width / parts)) if whole else width / parts
    range_ = Range(low, low + width, draw(st.booleans()), quantum, whole=whole)
    return range_, low + width * draw(st.floats(0, 1))


def registry_references() -> SearchStrategy[RegistryReference]:
    """References to registered models by number, by alias, and by neither."""
    names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
    numbers = st.integers(1, 10**9 - 1).map(lambda number: {"version": number})
    aliases = st.from_regex(r"[a-z][A-Za-z_-]{0,63}", fullmatch=True).filter(lambda name: name.lower() != "latest")
    neither: SearchStrategy[dict[str, Any]] = st.just({})
    which = neither | numbers | aliases.map(lambda name: {"alias": name})
    return st.builds(lambda name, said: RegistryReference(name, **said), names, which)


@st.composite
def experiments(draw: DrawFn) -> Experiment:
    """Two to five variants of any weights, the first of them above 0."""
    names = draw(
        st.lists(st.text("abcxyz.-_019", min_size=1, max_size=6).map("v{}".format), min_size=2, max_size=5, unique=True)
    )
    weights = [draw(st.floats(0.1, 100)), *(draw(st.floats(0, 100)) for _ in names[1:])]
    variants = (Variant(name, "baseline", weight) for name, weight in zip(names, weights, strict=True))
    return Experiment(draw(st.text(max_size=10)), tuple(variants))


def category_scores() -> SearchStrategy[CategoryScore]:
    """Categories with probabilities of four decimals."""
    return st.builds(CategoryScore, categories(), st.integers(0, 10_000).map(lambda number: number / 10_000))


def logged_predictions() -> SearchStrategy[LoggedPrediction]:
    """Predictions as a log keeps them, of papers with words and without."""
    words_ = st.none() | st.builds(Abstract, text=words(), title=st.none() | st.text(max_size=20))
    scores = st.lists(category_scores(), max_size=3).map(tuple)
    return st.builds(
        LoggedPrediction,
        time=st.just("2026-11-25T10:00:00.000+00:00"),
        prediction_id=st.integers(0, 999).map("r:{}".format),
        paper=st.text("0123456789abcdef", min_size=64, max_size=64),
        variant=st.none() | st.sampled_from(["champion", "challenger"]),
        assignment=st.sampled_from(Assignment),
        model=st.just("fake/1"),
        labels=scores,
        top=scores,
        milliseconds=st.integers(0, 100_000).map(lambda number: number / 1000),
        abstract=words_,
    )
