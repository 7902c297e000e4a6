"""Makes a vocabulary and a training set from labelled papers, of which some are in memory at a time."""

import logging
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.batches import TrainingSet
from adapters.classifiers.baseline.counting import PairCounter, TermCounter
from adapters.classifiers.baseline.features import BagMaker, Bags
from adapters.classifiers.baseline.months import Timeline
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.reading import code_reader, stop_words, term_reader, without_titles
from adapters.classifiers.baseline.scanning import Codes
from adapters.classifiers.baseline.vocabulary import Vocabulary, adjacent_keys, most_frequent
from adapters.classifiers.learning.array_files import ArrayFiles, ArrayParts
from adapters.classifiers.learning.targets import multi_hot, training_weights
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.paper_columns import months_of
from domain.taxonomy import Taxonomy

_logger = logging.getLogger(__name__)
_PAPERS_AT_ONCE = 8192
Papers = Sequence[LabelledAbstract]


def prepare(
    papers: Papers, taxonomy: Taxonomy, options: BaselineOptions, files: ArrayFiles
) -> tuple[Vocabulary, TrainingSet]:
    """Returns the vocabulary of these papers, and the papers as features of it, which lie in `files`.

    Texts are read twice: once to count terms, and once to convert them to codes of the vocabulary.
    """
    unigrams, counts, unpaired = _frequent_terms(papers, options)
    counts[:unpaired] = 0  # no pair begins with a stop word
    codes, pairs = _encoded(papers, options, unigrams, PairCounter(files, counts), unpaired, files)
    bigrams = pairs.most_frequent(options.bigrams, options.min_count)
    vocabulary = _with_idf(unigrams, bigrams, unpaired, codes, len(papers))
    maker = BagMaker(vocabulary)
    titled = _bags(codes, maker, "with_titles", files)
    untitled = _bags(map(without_titles, codes), maker, "without_titles", files)
    codes.remove()
    timeline = Timeline.of(months_of(papers))
    weights = training_weights(papers, half_life=options.recency_half_life, floor=options.recency_floor)
    targets, months = _targets(papers, taxonomy, files), _months(papers, timeline, files)
    return vocabulary, TrainingSet(titled, untitled, targets, weights, months, timeline)


def _some(papers: Papers) -> Iterator[Papers]:
    return (papers[start : start + _PAPERS_AT_ONCE] for start in range(0, len(papers), _PAPERS_AT_ONCE))


def _frequent_terms(papers: Papers, options: BaselineOptions) -> tuple[tuple[str, ...], NDArray[np.int64], int]:
    """Returns the most frequent terms, stop words first, how often each occurs, and the number of stop words."""
    counter = TermCounter(term_reader(options.text), options.distinct_terms)
    for some in _some(papers):
        counter.add([paper.abstract for paper in some])
    counted = counter.counted()
    terms, counts = counted.terms, counted.least
    kept = most_frequent(counts, options.unigrams, options.min_count)
    if counted.unseen:
        _tell_of_sketch(options.distinct_terms, counted.unseen, counted.uncertain(kept), len(kept))
    if not len(kept):
        raise InvalidInputError(
            f"No term occurs {options.min_count} times in the training papers. Train on more, or lower min_count."
        )
    unpaired = np.array([terms[code] in stop_words() for code in kept])
    kept = np.concatenate((kept[unpaired], kept[~unpaired]))
    return tuple(terms[code] for code in kept), counts[kept], int(unpaired.sum())


def _tell_of_sketch(limit: int, error: int, uncertain: int, chosen: int) -> None:
    log_event(
        _logger,
        "terms_estimated",
        f"The training papers have more than {limit:,} distinct terms, so their counts may be up to {error:,} too low. "
        f"Of the {chosen:,} terms that the model learns, {uncertain:,} may be less frequent than others. The option "
        "distinct_terms sets the limit.",
        limit=limit,
        error=error,
        terms=chosen,
        uncertain=uncertain,
    )


def _encoded(
    papers: Papers,
    options: BaselineOptions,
    unigrams: tuple[str, ...],
    pairs: PairCounter,
    unpaired: int,
    files: ArrayFiles,
) -> tuple[ArrayParts[np.int32], PairCounter]:
    """Returns the codes of all papers, some papers in each part, and adds their pairs to `pairs`."""
    reader = code_reader(options.text, {term: code for code, term in enumerate(unigrams)})
    codes = files.parts("codes", np.int32)
    for some in _some(papers):
        part = reader.read([paper.abstract for paper in some])
        codes.append(part)
        pairs.add(adjacent_keys(part, len(unigrams), unpaired)[1])
    return codes, pairs


def _with_idf(
    unigrams: tuple[str, ...], bigrams: NDArray[np.int64], unpaired: int, codes: ArrayParts[np.int32], papers: int
) -> Vocabulary:
    size = len(unigrams) + len(bigrams)
    maker = BagMaker(Vocabulary(unigrams, bigrams, np.ones(size, dtype=np.float32), unpaired))
    papers_with = np.zeros(size, dtype=np.int64)
    for part in codes:
        papers_with += np.bincount(maker.bags(part).features, minlength=size)
    idf = np.log((1 + papers) / (1 + papers_with)) + 1
    return Vocabulary(unigrams, bigrams, idf.astype(np.float32), unpaired)


def _bags(codes: Iterator[Codes] | ArrayParts[np.int32], maker: BagMaker, name: str, files: ArrayFiles) -> Bags:
    features, weights = files.array(f"{name}-features", np.int32), files.array(f"{name}-weights", np.float32)
    lengths = []
    for part in codes:
        bags = maker.bags(part)
        features.append(bags.features)
        weights.append(bags.weights)
        lengths.append(bags.lengths())
    return Bags(features.finished(), weights.finished(), np.concatenate(([0], np.cumsum(np.concatenate(lengths)))))


def _targets(papers: Papers, taxonomy: Taxonomy, files: ArrayFiles) -> NDArray[np.uint8]:
    targets = files.array("targets", np.uint8)
    for some in _some(papers):
        targets.append(multi_hot(some, taxonomy))
    return targets.finished().reshape(len(papers), len(taxonomy))


def _months(papers: Papers, timeline: Timeline, files: ArrayFiles) -> NDArray[np.float32]:
    months = files.array("months", np.float32)
    for some in _some(papers):
        months.append(timeline.read(list(months_of(some))))
    return months.finished().reshape(len(papers), -1)
