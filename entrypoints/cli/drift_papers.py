"""Reads the two sources that `drift` compares: papers, or prediction logs of the API."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.abstract import Abstract
from domain.similar_paper import PaperToIndex
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.progress import Progress
from entrypoints.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from application.drift.samples import DriftPapers
    from application.open_model import LoadedModel

_MOST_PAPERS = 20_000
_LOG_FILES = "predictions-*.jsonl"


class ReadDriftPapers:
    """Reads samples of sources, with the probabilities of a model and the vectors of another."""

    def __init__(self, settings: Settings, model: "LoadedModel", vectors: str | None, *, strict: bool) -> None:
        self._settings = settings
        self._model = model
        self._vectors = vectors
        self._strict = strict

    def __call__(self, *sources: str) -> "list[DriftPapers]":
        """Returns the papers of each source. If one is a log, all have the probabilities that a log keeps."""
        from application.drift.logged import as_logged

        found = [self._logged(source) if is_log(source) else self._papers(source) for source in sources]
        if any(map(is_log, sources)):
            return [replace(each, probabilities=as_logged(each.probabilities)) for each in found]
        return found

    def _logged(self, source: str) -> "DriftPapers":
        from application.drift.logged import logged_papers
        from application.papers.sampling import uniform_sample
        from entrypoints.container import container_of

        log = container_of(self._settings).prediction_log(Path(source))
        with Progress("lines") as progress:
            bad_records = BadRecords(progress.say, strict=self._strict)
            predictions = uniform_sample(
                progress.counting(log.predictions(bad_records)), self._most, seed=self._settings.seed
            )
        bad_records.summary()
        return logged_papers(source, predictions, self._model.classifier.taxonomy)

    def _papers(self, source: str) -> "DriftPapers":
        from application.audit.opinion import probabilities_in_batches
        from application.drift.samples import DriftPapers

        papers = self._read(source)
        abstracts = tuple(paper.abstract for paper in papers)
        with Progress("papers predicted", total=len(papers)) as progress:
            probabilities = probabilities_in_batches(self._model.classifier, abstracts, progress.advance)
        return DriftPapers(
            source,
            tuple(abstract.month for abstract in abstracts),
            probabilities,
            tuple(paper.categories[0] if paper.categories else None for paper in papers),
            abstracts,
            self._encoded(abstracts),
        )

    def _read(self, source: str) -> list[PaperToIndex]:
        from application.papers.sampling import uniform_sample
        from entrypoints.container import container_of

        container = container_of(replace(self._settings, dataset=source))
        with Progress("papers read") as progress:
            bad_records = BadRecords(progress.say, strict=self._strict)
            stream = container.papers_to_index(container.dataset(), bad_records)
            papers = uniform_sample(progress.counting(stream), self._most, seed=self._settings.seed)
        bad_records.summary()
        return papers

    def _encoded(self, abstracts: Sequence[Abstract]) -> "NDArray[np.float32] | None":
        import numpy as np

        from entrypoints.container import container_of

        if self._vectors is None or not abstracts:
            return None
        _, embedder = container_of(self._settings).embedder(self._vectors)
        return np.array(embedder.embed(abstracts), np.float32)

    @property
    def _most(self) -> int:
        return self._settings.limit_samples or _MOST_PAPERS


def is_log(source: str) -> bool:
    """Returns whether a source is a folder with files of a prediction log."""
    folder = Path(source)
    return folder.is_dir() and any(folder.glob(_LOG_FILES))
