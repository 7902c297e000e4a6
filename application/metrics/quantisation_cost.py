"""The metrics that a model loses when its weights are rounded for serving."""

from collections.abc import Sequence

from application.calibration.platt_scaling import CalibratedClassifier
from application.evaluate import probabilities_of
from application.metrics.multi_label import multilabel_metrics
from application.papers.sample_weights import weights_of
from application.papers.targets import targets_of
from domain.calibration import Calibration
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Classifier
from domain.thresholds import Thresholds

_PAPERS = 2000
_METRICS = ("micro_f1", "average_precision_macro")


def quantisation_cost(
    served: Classifier,
    unrounded: Classifier,
    papers: Sequence[LabelledAbstract],
    *,
    calibration: Calibration,
    thresholds: Thresholds,
) -> dict[str, float]:
    """Returns micro F1 and macro average precision of both classifiers on at most 2,000 evenly spaced papers.

    Each metric appears under its own name for the served classifier, as `unrounded_*`, and as `loss_of_*` for the
    difference. Both classifiers read titles and share calibration and thresholds.
    """
    chosen = papers[:: max(1, len(papers) // _PAPERS)][:_PAPERS]
    abstracts = [paper.abstract for paper in chosen]
    targets = targets_of(chosen, served.taxonomy)
    weights = weights_of(chosen)
    cuts = thresholds.in_columns(served.taxonomy)
    found = {"papers": float(len(chosen))}
    for prefix, classifier in (("", served), ("unrounded_", unrounded)):
        probabilities = probabilities_of(CalibratedClassifier(classifier, calibration), abstracts)
        metrics = multilabel_metrics(targets, probabilities, cuts, weights)
        found |= {prefix + name: metrics[name] for name in _METRICS}
    return found | {f"loss_of_{name}": found[f"unrounded_{name}"] - found[name] for name in _METRICS}
