"""Use case: advise on the categories of a paper."""

from collections.abc import Callable, Sequence

import numpy as np

from application.advice.composition import Composition, composed, thresholds_of
from application.advice.opinions import Known, opinions
from application.advice.words_known import few_words_known, words_known
from domain.abstract import Abstract
from domain.advice import Advice, AdvisedCategory, Question
from domain.checkpoint import Checkpoint, go_on
from domain.errors import InvalidInputError
from domain.explanation import Explanation
from domain.filing_rules import with_twins
from domain.label import Label, LabelSet
from domain.model_bundle import ModelCard
from domain.ports.classifier import Classifier
from domain.ports.explainer import Explainer
from domain.similar_paper import SimilarPaper

_WORDS = 5
_NEAREST, _PAPERS = 10, 3
_NO_WORDS = "The model knows too few of the words, so this is a guess. Send the whole abstract, in English."
_BEYOND = "The primary category is perhaps one that the model lacks (probability {:.2f})."
FindNearest = Callable[[Abstract, int], Sequence[SimilarPaper]]


class Advise:
    """Advises with one model. `find_nearest` finds labelled papers like an abstract, and is None without an index.

    Raises InvalidInputError for a model with labels of its own, to which arXiv's rules do not apply.
    """

    def __init__(
        self, card: ModelCard, classifier: Classifier, explainer: Explainer, find_nearest: FindNearest | None = None
    ) -> None:
        if card.taxonomy.label_set != LabelSet.ARXIV:
            raise InvalidInputError("Advice is on arXiv's categories, and this model has labels of its own.")
        self._card = card
        self._taxonomy = card.taxonomy
        self._classifier = classifier
        self._explainer = explainer
        self._find_nearest = find_nearest

    def __call__(self, question: Question, *, checkpoint: Checkpoint = go_on) -> Advice:
        """Returns the advice. `checkpoint` is as in `Explainer.explain`."""
        batch = self._classifier.predict([question.abstract], checkpoint=checkpoint)
        table = np.asarray(batch.probabilities)
        (found,) = composed(self._card.advice, table, self._taxonomy)
        probabilities = dict(zip(self._taxonomy.categories, table[0].tolist(), strict=True))
        listed = (found.primary, *found.cross_lists)
        explained = self._explained(question.abstract, listed, checkpoint)
        unsure = few_words_known(*words_known(question.abstract, next(iter(explained.values()))))
        known = Known(self._card.taxonomy, probabilities, found, thresholds_of(self._card.advice), unsure)
        advised = self._advised(question.abstract, found, probabilities, explained)
        return Advice(
            primary=None if found.outside else advised[0],
            cross_lists=() if found.outside else tuple(advised[1:]),
            outside=found.outside,
            outside_probability=found.none,
            opinion=opinions(question.chosen, known) if question.chosen else (),
            warnings=self._warnings(found, advised[0], unsure=unsure),
        )

    def _explained(
        self, abstract: Abstract, listed: Sequence[Label], checkpoint: Checkpoint
    ) -> dict[Label, Explanation]:
        """Returns the explanations of the listed categories that the model has, including the primary."""
        own = [category for category in listed if category in self._taxonomy]
        found = self._explainer.explain(abstract, own, checkpoint=checkpoint)
        return dict(zip(own, found, strict=True))

    def _advised(
        self,
        abstract: Abstract,
        found: Composition,
        probabilities: dict[Label, float],
        explained: dict[Label, Explanation],
    ) -> list[AdvisedCategory]:
        """Returns the primary category, then the cross-lists.

        A twin that the model lacks has the values of its twin.
        """
        near = self._find_nearest(abstract, _NEAREST) if self._find_nearest and not found.outside else ()
        advised = []
        for category in (found.primary, *found.cross_lists):
            own = self._own(category)
            primary = category == found.primary
            probability = found.primary_probabilities[category] if primary else probabilities[own]
            papers = tuple(each for each in near if str(category) in each.paper.categories)[:_PAPERS]
            name = self._taxonomy.infos[self._taxonomy.column(own)].name
            advised.append(AdvisedCategory(category, name, probability, _words_for(explained[own]), papers))
        return advised

    def _own(self, category: Label) -> Label:
        """Returns the category, or its twin where the model lacks it."""
        if category in self._taxonomy:
            return category
        return next(own for own in self._taxonomy if category in with_twins([own], self._taxonomy))

    def _warnings(self, found: Composition, nearest: AdvisedCategory, *, unsure: bool) -> tuple[str, ...]:
        told = []
        if found.outside:
            told.append(
                f"The paper is probably outside the {len(self._taxonomy)} categories that this model knows "
                f"(probability {found.none:.2f}). The nearest that it has is {nearest.category}."
            )
        elif found.beyond >= max(0.25, found.primary_probabilities[found.primary]):
            told.append(_BEYOND.format(found.beyond))
        if unsure:
            told.append(_NO_WORDS)
        if self._card.advice is None:
            told.append(
                "This model has not learnt which category comes first, so the primary is its most probable one. "
                "`arxiv-classifier models primary` teaches it."
            )
        return tuple(told)


def _words_for(explanation: Explanation) -> tuple[str, ...]:
    return tuple(term.term for term in explanation.terms if term.contribution > 0)[:_WORDS]
