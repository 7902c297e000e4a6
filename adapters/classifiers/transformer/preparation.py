"""Makes token ids, targets and weights from labelled papers."""

import hashlib
import logging
from collections.abc import Sequence

import numpy as np

from adapters.classifiers.learning.targets import multi_hot, training_weights
from adapters.classifiers.transformer.batches import TokenSet
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.tokenizing import PaperTokenizer, Tokens
from domain.abstract import Abstract
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.taxonomy import Taxonomy

_PAPERS_AT_ONCE = 8192
_logger = logging.getLogger(__name__)


def prepare(
    papers: Sequence[LabelledAbstract], tokenizer: PaperTokenizer, taxonomy: Taxonomy, options: TransformerOptions
) -> TokenSet:
    """Returns the papers as a training set, and logs how many were truncated."""
    longest = options.longest_training_paper
    titled = tokenize([paper.abstract for paper in papers], tokenizer, longest)
    untitled = tokenize([paper.abstract.without_title() for paper in papers], tokenizer, longest)
    if titled.truncated:
        log_event(
            _logger,
            "texts_truncated",
            f"{titled.truncated:,} of {len(papers):,} training papers have more than {longest} "
            "tokens. The rest of them is not learnt from.",
            level=logging.WARNING,
            truncated=titled.truncated,
            papers=len(papers),
            tokens=longest,
        )
    weights = training_weights(papers, half_life=options.recency_half_life, floor=options.recency_floor)
    return TokenSet(titled, untitled, multi_hot(papers, taxonomy), weights)


def tokenize(abstracts: Sequence[Abstract], tokenizer: PaperTokenizer, longest: int) -> Tokens:
    """Returns the ids of many papers, which are read some thousands at a time."""
    parts = [
        tokenizer.read(abstracts[start : start + _PAPERS_AT_ONCE], longest=longest)
        for start in range(0, len(abstracts), _PAPERS_AT_ONCE)
    ]
    ids = np.concatenate([part.ids for part in parts]) if parts else np.zeros(0, np.int32)
    offsets = np.zeros(len(abstracts) + 1, dtype=np.int64)
    if parts:
        np.cumsum(np.concatenate([part.lengths() for part in parts]), out=offsets[1:])
    return Tokens(ids, offsets, sum(part.truncated for part in parts))


def digest_of(data: TokenSet) -> str:
    """Returns the SHA-256 (hex) of a training set."""
    digest = hashlib.sha256()
    for tokens in (data.with_titles, data.without_titles):
        for array in (tokens.ids, tokens.offsets):
            digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(np.ascontiguousarray(data.targets).tobytes())
    digest.update(np.ascontiguousarray(data.weights).tobytes())
    return digest.hexdigest()
