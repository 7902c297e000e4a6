"""TF-IDF bags against scikit-learn's."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.classifiers.baseline.features import BagMaker, Bags
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.reading import END_OF_PAPER, CodeReader, stop_words, term_reader
from adapters.classifiers.baseline.vocabulary import BigramLookup, Vocabulary
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from tests.examples import small_taxonomy
from tests.lazily import lazily
from tests.unit.adapters.classifiers.baseline.preparing import prepared

extraction = lazily("sklearn.feature_extraction.text")

WORDS = ["graph", "neural", "network", "spin", "glass", "the", "of"]
TAXONOMY: Taxonomy = small_taxonomy()
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=2, max_size=6)


def dense(bags: Bags, features: int) -> NDArray[np.float32]:
    """The bags as a dense matrix."""
    matrix = np.zeros((len(bags), features), dtype=np.float32)
    for paper in range(len(bags)):
        span = slice(bags.offsets[paper], bags.offsets[paper + 1])
        matrix[paper, bags.features[span]] = bags.weights[span]
    return matrix


def papers_of(documents: list[str]) -> list[LabelledAbstract]:
    """Papers of these texts, without titles."""
    return [LabelledAbstract(Abstract(text), (Category.parse("cs.LG"),)) for text in documents]


@given(texts)
def test_bags_are_scikit_learns_tf_idf(documents: list[str]) -> None:
    """Unigrams and bigrams are counted, weighed and scaled as TfidfVectorizer does with sublinear_tf."""
    options = BaselineOptions(min_count=1, unigrams=100, bigrams=1000)
    vocabulary, data = prepared(papers_of(documents), TAXONOMY, options)
    ours = dense(data.without_titles, len(vocabulary))
    oracle = extraction.TfidfVectorizer(sublinear_tf=True, vocabulary=list(vocabulary.names()), analyzer=_analysed)
    np.testing.assert_allclose(ours, oracle.fit_transform(documents).toarray(), atol=1e-6)


def _analysed(text: str) -> list[str]:
    words = text.split()
    pairs = itertools.pairwise(words)
    return [*words, *(f"{a} {b}" for a, b in pairs if a not in stop_words() and b not in stop_words())]


@given(texts)
def test_a_paper_alone_is_as_among_others(documents: list[str]) -> None:
    """A bag does not depend on its neighbours."""
    abstracts = [Abstract(text) for text in documents]
    vocabulary, _ = prepared(papers_of(documents), TAXONOMY, BaselineOptions(min_count=1))
    reader, maker = CodeReader(term_reader(BaselineOptions().text), vocabulary.codes()), BagMaker(vocabulary)
    together = dense(maker.bags(reader.read(abstracts)), len(vocabulary))
    alone = [dense(maker.bags(reader.read([abstract])), len(vocabulary))[0] for abstract in abstracts]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-6)


@given(texts, st.lists(st.sampled_from(["zzz", "neural network"]), max_size=20))
def test_postings_are_the_bags_by_feature(documents: list[str], others: list[str]) -> None:
    """Postings divided by the papers' lengths are the bags, whatever the number of papers and of unknown ones."""
    vocabulary, _ = prepared(papers_of(documents), TAXONOMY, BaselineOptions(min_count=1))
    codes = CodeReader(term_reader(BaselineOptions().text), vocabulary.codes()).read(
        [Abstract(text) for text in (*documents, *others)]
    )
    bags, postings = BagMaker(vocabulary).bags(codes), BagMaker(vocabulary).postings(codes)
    matrix = np.zeros((len(postings), len(vocabulary)), np.float32)
    matrix[postings.papers, postings.features.repeat(np.diff(postings.bounds))] = postings.weights
    lengths = np.where(postings.lengths > 0, postings.lengths, 1)
    np.testing.assert_allclose(matrix / lengths[:, None], dense(bags, len(vocabulary)), atol=1e-6)
    assert postings.empty() == bags.empty()
    assert len(postings) == len(bags) == len(documents) + len(others)


def test_postings_of_many_features_and_papers_need_more_than_32_bits() -> None:
    """Keys that do not fit in 32 bits give the right papers."""
    features, papers = 1 << 15, (1 << 16) + 1
    words = tuple(map(str, range(features)))
    maker = BagMaker(Vocabulary(words, np.zeros(0, np.int64), np.ones(features, np.float32)))
    numbers = np.arange(papers, dtype=np.int32)
    codes = np.stack((numbers % features, np.full(papers, END_OF_PAPER, np.int32)), axis=1).ravel()
    found = maker.postings(codes)
    assert found.papers[:5].tolist() == [0, features, 2 * features, 1, features + 1]
    assert (found.papers == np.lexsort((numbers, numbers % features))).all()
    assert (found.features == np.arange(features)).all()


def test_a_paper_of_unknown_words_is_an_empty_bag() -> None:
    """No known term gives no feature, alone and among others."""
    vocabulary = Vocabulary(("graph",), np.zeros(0, np.int64), np.ones(1, np.float32))
    reader, maker = CodeReader(term_reader(BaselineOptions().text), vocabulary.codes()), BagMaker(vocabulary)
    unknown, known = Abstract("zzz"), Abstract("graph")
    assert maker.bags(reader.read([unknown])).lengths().tolist() == [0]
    assert maker.bags(reader.read([unknown, known, unknown])).lengths().tolist() == [0, 1, 0]


def test_no_bigram_spans_title_and_abstract_or_two_papers() -> None:
    """Words that only stand at such a border are no pair."""
    papers = [
        LabelledAbstract(Abstract("beta gamma", title="alpha"), (Category.parse("cs.LG"),)),
        LabelledAbstract(Abstract("delta"), (Category.parse("cs.LG"),)),
    ]
    vocabulary, _ = prepared(papers, TAXONOMY, BaselineOptions(min_count=1))
    assert [name for name in vocabulary.names() if " " in name] == ["beta gamma"]


def test_bigrams_that_share_a_slot_are_found() -> None:
    """A lookup of 300,000 bigrams, thousands of which share a slot, finds those and no others."""
    random = np.random.default_rng(0)
    keys = np.unique(random.integers(0, 2000 * 2000, 300_000))
    codes = np.append(random.integers(0, 2000, 100_000), np.divmod(keys[:20_000], 2000)).astype(np.int32)
    places, numbers = BigramLookup(keys, unigrams=2000, unpaired=10).find(codes)
    pairs = codes[:-1].astype(np.int64) * 2000 + codes[1:]
    known = np.isin(pairs, keys) & (codes[:-1] >= 10) & (codes[1:] >= 10)
    assert places.tolist() == np.flatnonzero(known).tolist()
    assert keys[numbers].tolist() == pairs[known].tolist()
