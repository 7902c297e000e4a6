"""The evidence on each variant in a prediction log and feedback, gathered in one pass."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.experiment import Assignment
from domain.feedback import StoredFeedback
from domain.label import Label
from domain.logged_prediction import LoggedPrediction

# Assignments by chance. A request that names its variant may do so for a reason that biases the comparison.
_COMPARABLE = frozenset({Assignment.NONE, Assignment.WEIGHTED, Assignment.SHADOW})


@dataclass(frozen=True, slots=True)
class Given:
    """One variant's prediction for one paper: its categories, the most probable one, and whether it was a shadow."""

    labels: frozenset[Label]
    first: Label | None
    shadow: bool


@dataclass(slots=True)
class VariantEvidence:
    """The logged predictions of a variant with one model.

    `labels` counts the label sets of all predictions. `given` holds the latest prediction for each paper. `newest` is
    the time of the last prediction.
    """

    name: str
    model: str
    newest: str = ""
    assignments: Counter[Assignment] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    labels: Counter[frozenset[Label]] = field(default_factory=Counter)
    given: dict[str, Given] = field(default_factory=dict)

    @property
    def drawn(self) -> int:
        """The number of predictions that were assigned by weight, or that had no experiment."""
        return self.assignments[Assignment.WEIGHTED] or self.assignments[Assignment.NONE]

    def add(self, prediction: LoggedPrediction, given: Given) -> None:
        """Adds one prediction."""
        self.newest = max(self.newest, prediction.time)
        self.assignments[prediction.assignment] += 1
        self.milliseconds.append(prediction.milliseconds)
        if prediction.assignment in _COMPARABLE:
            self.labels[given.labels] += 1
            self.given[prediction.paper] = given


# A variant's name and its model. When an alias moves, the key changes.
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class JudgedPaper:
    """A paper with known categories and the variants' predictions for it, by the variants' `label`.

    Papers are in the order in which their categories became known.
    """

    truth: frozenset[Label]
    given: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence on each variant, by its label, and the papers with known categories.

    A label is the variant's name, followed by its model if the variant has several. `main` is the label of the variant
    with most requests.
    `outside` counts predictions of no variant, if there are variants. `earlier` counts those of a variant's earlier
    models, and `earlier_feedback` the feedback on them. `unmatched` counts feedback on predictions that no log has,
    `repeated` further feedback on the same paper.
    """

    variants: Mapping[str, VariantEvidence]
    judged: tuple[JudgedPaper, ...]
    main: str = ""
    outside: int = 0
    unmatched: int = 0
    repeated: int = 0
    earlier: int = 0
    earlier_feedback: int = 0


def gather(
    predictions: Iterable[LoggedPrediction], feedback: Iterable[StoredFeedback], *, all_models: bool = False
) -> Evidence:
    """Returns the evidence of a log and of its latest feedback, ordered by each prediction's first feedback.

    Each variant is represented by its latest model, or with `all_models` by each model separately, because predictions
    of two models are no evidence on either. If no prediction has a variant, each model counts as one.
    """
    truths = {each.feedback.prediction_id: frozenset(each.feedback.labels) for each in feedback}
    ours, others = _Gathering(truths), _Gathering(truths)
    for prediction in predictions:
        gathering = others if prediction.variant is None else ours
        gathering.add(prediction, prediction.variant or prediction.model)
    if not ours.variants:
        return others.evidence(all_models=all_models)
    outside = sum(len(each.milliseconds) for each in others.variants.values())
    return ours.evidence(all_models=all_models, outside=outside)


class _Gathering:
    def __init__(self, truths: Mapping[str, frozenset[Label]]) -> None:
        self.variants: dict[_Key, VariantEvidence] = {}
        self._truths = truths
        self._judged: dict[str, dict[_Key, Given]] = {}
        self._papers: dict[str, str] = {}
        self._known: dict[Given, Given] = {}

    def add(self, prediction: LoggedPrediction, name: str) -> None:
        given = Given(prediction.categories, prediction.first, prediction.assignment is Assignment.SHADOW)
        given = self._known.setdefault(given, given)  # saves memory, since many papers have equal labels
        key = name, prediction.model
        self.variants.setdefault(key, VariantEvidence(*key)).add(prediction, given)
        if prediction.prediction_id in self._truths and prediction.assignment in _COMPARABLE:
            self._judged.setdefault(prediction.prediction_id, {})[key] = given
            self._papers[prediction.prediction_id] = prediction.paper

    def evidence(self, *, all_models: bool, outside: int = 0) -> Evidence:
        labels = self._labels(all_models=all_models)
        judged, papers, repeated = [], set(), 0
        for id_, truth in self._truths.items():
            given = {labels[key]: said for key, said in self._judged.get(id_, {}).items() if key in labels}
            if not given:
                continue
            if self._papers[id_] in papers:
                repeated += 1
                continue
            papers.add(self._papers[id_])
            judged.append(JudgedPaper(truth, given))
        return Evidence(
            {labels[key]: self.variants[key] for key in sorted(labels)},
            tuple(judged),
            main=labels[self._main()] if labels else "",
            outside=outside,
            unmatched=len(self._truths) - len(self._judged),
            repeated=repeated,
            earlier=sum(len(each.milliseconds) for key, each in self.variants.items() if key not in labels),
            earlier_feedback=len(self._judged) - len(judged) - repeated,
        )

    def _labels(self, *, all_models: bool) -> dict[_Key, str]:
        """Returns the labels of the variants to compare."""
        if not all_models:
            return {self._newest(name): name for name in {name for name, _ in self.variants}}
        models = Counter(name for name, _ in self.variants)
        return {(name, model): f"{name} ({model})" if models[name] > 1 else name for name, model in self.variants}

    def _newest(self, name: str) -> _Key:
        return max((key for key in self.variants if key[0] == name), key=lambda key: (self.variants[key].newest, key))

    def _main(self) -> _Key:
        """Returns the latest key of the variant with most requests over all its models.

        Replacing its model does not change which variant is the main one.
        """
        drawn: Counter[str] = Counter()
        for (name, _), each in self.variants.items():
            drawn[name] += each.drawn
        return self._newest(max(sorted(drawn), key=lambda name: drawn[name]))
