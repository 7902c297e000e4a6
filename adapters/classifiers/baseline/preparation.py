"""Makes a vocabulary and a training set from labelled papers."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.batches import TrainingSet
from adapters.classifiers.baseline.features import BagMaker, Bags, concatenated
from adapters.classifiers.baseline.months import Timeline
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.reading import (
    END_OF_PAPER,
    UNKNOWN,
    GrowingCodeReader,
    stop_words,
    term_reader,
    without_titles,
)
from adapters.classifiers.baseline.scanning import Codes
from adapters.classifiers.baseline.vocabulary import (
    Vocabulary,
    adjacent_keys,
    frequent_bigrams,
    most_frequent,
)
from adapters.classifiers.learning.targets import multi_hot, training_weights
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy

_PAPERS_AT_ONCE = 8192


def prepare(
    papers: Sequence[LabelledAbstract], taxonomy: Taxonomy, options: BaselineOptions
) -> tuple[Vocabulary, TrainingSet]:
    """Returns the vocabulary of these papers, and the papers as features of it."""
    codes, terms = _read_all(papers, options)
    vocabulary, codes = _choose_vocabulary(codes, terms, options)
    titled = _bags(codes, BagMaker(vocabulary))
    vocabulary = _with_idf(vocabulary, titled)
    maker = BagMaker(vocabulary)
    titled, untitled = _bags(codes, maker), _bags(map(without_titles, codes), maker)
    months = [paper.month for paper in papers]
    timeline = Timeline.of(months)
    targets, weights = multi_hot(papers, taxonomy), _weights(papers, options)
    return vocabulary, TrainingSet(titled, untitled, targets, weights, timeline.read(months), timeline)


def _weights(papers: Sequence[LabelledAbstract], options: BaselineOptions) -> NDArray[np.float32]:
    return training_weights(papers, half_life=options.recency_half_life, floor=options.recency_floor)


def _read_all(papers: Sequence[LabelledAbstract], options: BaselineOptions) -> tuple[list[Codes], list[str]]:
    reader = GrowingCodeReader(term_reader(options.text))
    codes = [
        reader.read([paper.abstract for paper in papers[start : start + _PAPERS_AT_ONCE]])
        for start in range(0, len(papers), _PAPERS_AT_ONCE)
    ]
    return codes, list(reader.vocabulary)


def _choose_vocabulary(
    codes: list[Codes], terms: list[str], options: BaselineOptions
) -> tuple[Vocabulary, list[Codes]]:
    """Returns the most frequent terms, stop words first, with the most frequent pairs of the other terms."""
    counts = np.zeros(len(terms), dtype=np.int64)
    for part in codes:
        counts += np.bincount(part[part >= 0], minlength=len(terms))
    kept = most_frequent(counts, options.unigrams, options.min_count)
    if not len(kept):
        raise InvalidInputError(
            f"No term occurs {options.min_count} times in the training papers. Train on more, or lower min_count."
        )
    unpaired = np.array([terms[code] in stop_words() for code in kept])
    kept = np.concatenate((kept[unpaired], kept[~unpaired]))
    new_code = np.full(len(terms) - END_OF_PAPER, UNKNOWN, dtype=np.int32)
    new_code[kept] = np.arange(len(kept), dtype=np.int32)
    new_code[[-1, -2, -3]] = [-1, -2, -3]  # negative indices keep the codes of the marks
    codes = [new_code[part] for part in codes]
    keys = [adjacent_keys(part, len(kept), int(unpaired.sum()))[1] for part in codes]
    bigrams = frequent_bigrams(np.concatenate(keys), options.bigrams, options.min_count)
    unigrams = tuple(terms[code] for code in kept)
    idf = np.ones(len(unigrams) + len(bigrams), dtype=np.float32)
    return Vocabulary(unigrams, bigrams, idf, unpaired=int(unpaired.sum())), codes


def _with_idf(vocabulary: Vocabulary, bags: Bags) -> Vocabulary:
    papers_with = np.bincount(bags.features, minlength=len(vocabulary))
    idf = np.log((1 + len(bags)) / (1 + papers_with)) + 1
    return Vocabulary(vocabulary.unigrams, vocabulary.bigram_keys, idf.astype(np.float32), vocabulary.unpaired)


def _bags(codes: Iterator[Codes] | list[Codes], maker: BagMaker) -> Bags:
    return concatenated(maker.bags(part) for part in codes)
