"""Use case: the indexed papers nearest to an abstract."""

from domain.abstract import Abstract
from domain.errors import IncompatibleModelError, InvalidInputError
from domain.ports.embedder import Embedder
from domain.ports.paper_index import PaperIndex
from domain.similar_paper import SimilarPaper


class FindSimilar:
    """Finds the indexed papers whose vectors have the largest cosine with an abstract's.

    Raises IncompatibleModelError if the index was made with another encoder.
    """

    def __init__(self, embedder: Embedder, index: PaperIndex) -> None:
        origin = index.origin
        if embedder.fingerprint != origin.fingerprint:
            raise IncompatibleModelError(
                f"The index was made with the encoder {origin.fingerprint[:12]} of {origin.model}, and the model to "
                f"search with has the encoder {embedder.fingerprint[:12]}. Name {origin.model}, or index the papers "
                "again."
            )
        self._embedder = embedder
        self._index = index

    @property
    def model(self) -> str:
        """The model that made the index, as `kind/version`."""
        return self._index.origin.model

    def __call__(self, abstract: Abstract, *, k: int = 10) -> tuple[SimilarPaper, ...]:
        """Returns the `k` nearest papers, nearest first, without the abstract itself, or all if there are fewer."""
        if k < 1:
            raise InvalidInputError(f"k is {k}. Give a number from 1.")
        wanted = k if abstract.id is None else k + 1  # one of them may be the abstract itself
        (near,) = self._index.search(self._embedder.embed([abstract]), wanted)
        others = near if abstract.id is None else tuple(each for each in near if each.paper.id != abstract.id)
        return others[:k]
