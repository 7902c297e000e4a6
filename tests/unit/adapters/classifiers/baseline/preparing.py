"""Prepares papers for a test as a training does."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.classifiers.baseline.batches import TrainingSet
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.preparation import prepare
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.learning.array_files import array_files
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy


def prepared(
    papers: Sequence[LabelledAbstract], taxonomy: Taxonomy, options: BaselineOptions
) -> tuple[Vocabulary, TrainingSet]:
    """Returns what `prepare` does. The files are removed, and their arrays stay readable until they are freed."""
    with TemporaryDirectory() as folder, array_files(Path(folder) / "papers") as files:
        return prepare(papers, taxonomy, options, files)
