"""What a prediction log and feedback say of each variant, gathered in one pass."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.category import Category
from domain.experiment import Assignment
from domain.feedback import StoredFeedback
from domain.logged_prediction import LoggedPrediction

# Those of which chance decided who predicts; a variant that was asked for by name was asked for a reason.
_COMPARABLE = frozenset({Assignment.NONE, Assignment.WEIGHTED, Assignment.SHADOW})


@dataclass(frozen=True, slots=True)
class Given:
    """What one variant said of one paper: the categories it gave, and the most probable one."""

    labels: frozenset[Category]
    first: Category | None


@dataclass(slots=True)
class VariantEvidence:
    """All that was logged of one variant: `labels` of each prediction, and in `given` its last word on each paper."""

    name: str
    models: Counter[str] = field(default_factory=Counter)
    assignments: Counter[Assignment] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    labels: Counter[frozenset[Category]] = field(default_factory=Counter)
    given: dict[str, Given] = field(default_factory=dict)

    @property
    def shadow(self) -> bool:
        """Whether it was one, at least once."""
        return self.assignments[Assignment.SHADOW] > 0

    def add(self, prediction: LoggedPrediction, given: Given) -> None:
        """Takes one prediction in."""
        self.models[prediction.model] += 1
        self.assignments[prediction.assignment] += 1
        self.milliseconds.append(prediction.milliseconds)
        if prediction.assignment in _COMPARABLE:
            self.labels[given.labels] += 1
            self.given[prediction.paper] = given


@dataclass(frozen=True, slots=True)
class JudgedPaper:
    """A paper whose categories are known, with what variants said of it; in the order in which the truth came."""

    truth: frozenset[Category]
    given: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each variant all that was logged, and the papers whose categories are known.

    `outside` counts predictions of no variant, where there are variants; `unmatched` feedback on predictions that no
    log has; `repeated` feedback on a paper that was judged before, which says nothing new.
    """

    variants: tuple[VariantEvidence, ...]
    judged: tuple[JudgedPaper, ...]
    outside: int = 0
    unmatched: int = 0
    repeated: int = 0


def gather(predictions: Iterable[LoggedPrediction], feedback: Iterable[StoredFeedback]) -> Evidence:
    """The evidence of a log and of the feedback that holds, by when its first came.

    Where no prediction is a variant's, each model counts as one.
    """
    truths = {each.feedback.prediction_id: frozenset(each.feedback.labels) for each in feedback}
    ours, others = _Gathering(truths), _Gathering(truths)
    for prediction in predictions:
        gathering = others if prediction.variant is None else ours
        gathering.add(prediction, prediction.variant or prediction.model)
    if not ours.variants:
        return others.evidence()
    return ours.evidence(outside=sum(len(each.milliseconds) for each in others.variants.values()))


class _Gathering:
    def __init__(self, truths: Mapping[str, frozenset[Category]]) -> None:
        self.variants: dict[str, VariantEvidence] = {}
        self._truths = truths
        self._judged: dict[str, dict[str, Given]] = {}
        self._papers: dict[str, str] = {}
        self._known: dict[Given, Given] = {}

    def add(self, prediction: LoggedPrediction, name: str) -> None:
        given = Given(prediction.categories, prediction.first)
        given = self._known.setdefault(given, given)  # many papers share their labels
        self.variants.setdefault(name, VariantEvidence(name)).add(prediction, given)
        if prediction.prediction_id in self._truths and prediction.assignment in _COMPARABLE:
            self._judged.setdefault(prediction.prediction_id, {})[name] = given
            self._papers[prediction.prediction_id] = prediction.paper

    def evidence(self, *, outside: int = 0) -> Evidence:
        judged, papers, repeated = [], set(), 0
        for id_, truth in self._truths.items():
            if id_ not in self._judged:
                continue
            if self._papers[id_] in papers:
                repeated += 1
                continue
            papers.add(self._papers[id_])
            judged.append(JudgedPaper(truth, self._judged[id_]))
        found = tuple(sorted(self.variants.values(), key=lambda each: each.name))
        return Evidence(found, tuple(judged), outside, len(self._truths) - len(self._judged), repeated)
