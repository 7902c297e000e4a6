"""The shipped model finds wrong labels among real papers."""

from itertools import islice

import numpy as np
import pytest

from application.audit.opinion import model_opinion
from application.audit.suspects import doubts_of
from domain.labelled_abstract import LabelledAbstract
from entrypoints.container import container_of
from entrypoints.settings import Settings
from entrypoints.taxonomies import all_categories
from tests.real_papers import NATURAL, needs

PAPERS, WRONG, READ = 5000, 300, 600


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs(NATURAL, "test")
def test_most_planted_errors_are_near_the_top() -> None:
    """Of 300 wrong label sets among 5,000 papers, at least 60 % are among the 600 most suspect papers."""
    container = container_of(Settings(dataset=str(NATURAL / "test.parquet")))
    papers = list(islice(container.dataset().papers(None, lambda record: None), PAPERS))
    chance = np.random.default_rng(0)
    wrong = set(chance.choice(len(papers), WRONG, replace=False).tolist())
    planted = [
        _with_labels_of_another(paper, papers, chance) if row in wrong else paper for row, paper in enumerate(papers)
    ]
    model = container.loaded_model("baseline")
    thresholds = model.stored.card.thresholds
    opinion = model_opinion("baseline", model.classifier, thresholds, planted)
    found = doubts_of(
        planted, opinion.probabilities, opinion.taxonomy, thresholds, twins=all_categories(), most=READ
    ).suspects
    assert len(papers) == PAPERS and len(found) == READ
    assert sum(suspect.row in wrong for suspect in found) >= 0.6 * WRONG


def _with_labels_of_another(
    paper: LabelledAbstract, papers: list[LabelledAbstract], chance: np.random.Generator
) -> LabelledAbstract:
    while not set(paper.categories).isdisjoint(others := papers[chance.integers(len(papers))].categories):
        pass
    return LabelledAbstract(paper.abstract, others)
