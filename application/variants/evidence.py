"""What a prediction log and feedback say of each variant, gathered in one pass."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.experiment import Assignment
from domain.feedback import StoredFeedback
from domain.label import Label
from domain.logged_prediction import LoggedPrediction

# Those of which chance decided who predicts; a variant that was asked for by name was asked for a reason.
_COMPARABLE = frozenset({Assignment.NONE, Assignment.WEIGHTED, Assignment.SHADOW})


@dataclass(frozen=True, slots=True)
class Given:
    """What one variant said of one paper, as a shadow or not: the categories it gave, and the most probable one."""

    labels: frozenset[Label]
    first: Label | None
    shadow: bool


@dataclass(slots=True)
class VariantEvidence:
    """What was logged of a variant with one model: `labels` of each prediction, in `given` the last word on each paper.

    `newest` is the time of its last prediction.
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
        """How many predictions it made because requests were shared out, or because there was nobody else."""
        return self.assignments[Assignment.WEIGHTED] or self.assignments[Assignment.NONE]

    def add(self, prediction: LoggedPrediction, given: Given) -> None:
        """Takes one prediction in."""
        self.newest = max(self.newest, prediction.time)
        self.assignments[prediction.assignment] += 1
        self.milliseconds.append(prediction.milliseconds)
        if prediction.assignment in _COMPARABLE:
            self.labels[given.labels] += 1
            self.given[prediction.paper] = given


# A variant and its model: an alias that moves makes it another.
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class JudgedPaper:
    """A paper whose categories are known, with what variants said of it; in the order in which the truth came.

    `given` is by the `label` of the variants.
    """

    truth: frozenset[Label]
    given: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each variant all that was logged, by its label, and the papers whose categories are known.

    A label is the variant's name, with its model where the variant is there with others too. `main` is the label of the
    variant that most requests were given to. `outside` counts predictions of no variant, where there are variants;
    `earlier` those of models that a variant had before, and `earlier_feedback` the feedback on them; `unmatched`
    feedback on predictions that no log has; `repeated` feedback on a paper that was judged before, which says nothing
    new.
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
    """The evidence of a log and of the feedback that holds, by when its first came.

    Of each variant it is that of the model which answered last, or with `all_models` of each model apart: what two
    models said is no evidence on either. Where no prediction is a variant's, each model counts as one.
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
        given = self._known.setdefault(given, given)  # many papers share their labels
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
        """What those that are to be compared are called."""
        if not all_models:
            return {self._newest(name): name for name in {name for name, _ in self.variants}}
        models = Counter(name for name, _ in self.variants)
        return {(name, model): f"{name} ({model})" if models[name] > 1 else name for name, model in self.variants}

    def _newest(self, name: str) -> _Key:
        return max((key for key in self.variants if key[0] == name), key=lambda key: (self.variants[key].newest, key))

    def _main(self) -> _Key:
        """That of most requests, whichever models it had: a new model does not make a variant another's challenger."""
        drawn: Counter[str] = Counter()
        for (name, _), each in self.variants.items():
            drawn[name] += each.drawn
        return self._newest(max(sorted(drawn), key=lambda name: drawn[name]))
