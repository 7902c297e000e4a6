"""Use case: index papers by their vectors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, tee

from application.papers.sampling import uniform_sample
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.embedder import Embedder
from domain.ports.paper_index import PaperIndexWriter
from domain.similar_paper import IndexedPaper, PaperToIndex

# Yields the vectors of each batch, in the order of the batches.
EmbedAll = Callable[[Iterable[Sequence[Abstract]]], Iterator[memoryview]]
_Paper = LabelledAbstract | PaperToIndex


class IndexPapers:
    """Indexes all papers of a stream in batches, or none if anything fails.

    `on_indexed` receives the number of papers of each batch. `embed_all`, if given, embeds batches in the place of
    `embedder`, in their order.
    """

    def __init__(
        self,
        embedder: Embedder,
        writer: PaperIndexWriter,
        *,
        on_indexed: Callable[[int], None] = lambda count: None,
        batch_size: int = 64,
        embed_all: EmbedAll | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}")
        self._writer = writer
        self._on_indexed = on_indexed
        self._batch_size = batch_size
        self._embed_all: EmbedAll = embed_all or partial(map, embedder.embed)

    def __call__(self, papers: Iterable[_Paper], *, limit_samples: int | None = None, seed: int = 0) -> int:
        """Returns the number of papers indexed. Raises InvalidInputError if there are none.

        With `limit_samples`, a random sample of at most that many is indexed, which is held in memory.
        """
        try:
            drawn = papers if limit_samples is None else uniform_sample(papers, limit_samples, seed=seed)
            count = self._add_all(drawn)
            if count == 0:
                raise InvalidInputError("There is no paper to index. Name a source of papers that can be read.")
            self._writer.finish()
        except BaseException:  # includes KeyboardInterrupt and SystemExit
            self._writer.discard()
            raise
        return count

    def _add_all(self, papers: Iterable[_Paper]) -> int:
        count, remaining = 0, iter(papers)
        batches, read = tee(iter(lambda: list(islice(remaining, self._batch_size)), []))
        embedded = self._embed_all([paper.abstract for paper in batch] for batch in read)
        for batch, vectors in zip(batches, embedded, strict=True):
            self._writer.add([IndexedPaper.of(paper) for paper in batch], vectors)
            count += len(batch)
            self._on_indexed(len(batch))
        return count
