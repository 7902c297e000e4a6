"""A classifier that averages other classifiers."""

from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from application.calibration.platt_scaling import negated_logits
from application.models.composite import CompositeClassifier, Table
from domain.ensemble import EnsembleMember
from domain.errors import IncompatibleModelError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier
from domain.ports.model_store import ModelStore
from domain.taxonomy import Taxonomy

_REMEDY = "Put that version back, or build the ensemble again with `arxiv-classifier ensemble`."


class EnsembleClassifier(CompositeClassifier):
    """The weighted mean of its members' logits, as probabilities.

    Only the ratios of weights matter. Raises IncompatibleModelError if the members' categories or their order differ.
    """

    def __init__(self, members: Sequence[tuple[Classifier, float]]) -> None:
        self._members = [classifier for classifier, _ in members]
        self._weights = [weight for _, weight in members]
        if not members or min(self._weights) < 0 or sum(self._weights) <= 0:
            raise ValueError(f"weights {self._weights}: at least one must be positive, and none negative")
        self._taxonomy = shared_taxonomy([classifier.taxonomy for classifier in self._members])

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @property
    @override
    def parts(self) -> Sequence[Classifier]:
        return self._members

    @override
    def combined(self, tables: Sequence[Table]) -> Table:
        return pooled(tables, self._weights)


def pooled(tables: Sequence[Table], weights: Sequence[float]) -> Table:
    """Returns probabilities whose logits are the weighted means of the tables' logits.

    Probabilities are first clipped to 1e-7 and 1 - 1e-7.
    """
    total = np.zeros_like(tables[0])
    for table, weight in zip(tables, weights, strict=True):
        total += np.float32(weight / sum(weights)) * negated_logits(table)
    np.exp(total, out=total)
    total += np.float32(1)
    return np.reciprocal(total, out=total)


def shared_taxonomy(taxonomies: Sequence[Taxonomy]) -> Taxonomy:
    """Returns the taxonomy that all share. Raises IncompatibleModelError if they differ."""
    first = taxonomies[0]
    for number, other in enumerate(taxonomies[1:], start=2):
        if other.fingerprint() != first.fingerprint():
            raise IncompatibleModelError(
                f"Models of one ensemble know the same categories in the same order; member 1 knows {len(first)} "
                f"(fingerprint {first.fingerprint()[:12]}), member {number} {len(other)} "
                f"({other.fingerprint()[:12]}). Train them with the same `categories`."
            )
    return first


def find_members(store: ModelStore, ensemble: str, members: Sequence[EnsembleMember]) -> list[StoredModel]:
    """Returns the members, in their order, as they were when the ensemble was built.

    Raises ModelNotFoundError if one is gone, and IncompatibleModelError if one was replaced by another model.
    """
    return [_find_member(store, ensemble, member) for member in members]


def _find_member(store: ModelStore, ensemble: str, member: EnsembleMember) -> StoredModel:
    try:
        found = store.find(member.model)
    except ModelNotFoundError as error:
        raise ModelNotFoundError(
            f"The model {ensemble} averages {member.model}, which is not among the stored models. {_REMEDY}"
        ) from error
    if found.digest != member.digest:
        raise IncompatibleModelError(
            f"The model {ensemble} averages {member.model}, but what is in {found.folder} is another model: its "
            f"manifest's SHA-256 begins {found.digest[:12]}, recorded is {member.digest[:12]}. {_REMEDY}"
        )
    return found
