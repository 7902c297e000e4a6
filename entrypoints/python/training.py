"""Training and evaluating for Python programs, by the use cases of the commands."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from application.runs.run_context import bound, new_run_id
from domain.errors import ConfigurationError, InvalidInputError, MissingPackageError
from domain.log_events import log_event
from domain.ports.dataset import BadRecord, Split
from entrypoints.effective_configuration import effective_config
from entrypoints.evaluation import ALL, papers_to_evaluate, split_to_evaluate, weighed_papers
from entrypoints.python.model import Model
from entrypoints.registry import missing_package
from entrypoints.settings import Settings, load_settings, merged
from entrypoints.settings_fields import NAMES
from entrypoints.shares import shares_of
from entrypoints.training import run_training, workspace_of

if TYPE_CHECKING:
    from application.evaluate import EvaluationReport
    from application.train import TrainResult
    from entrypoints.container import Container

_logger = logging.getLogger(__name__)


def train(
    source: str | Path,
    kind: str = "baseline",
    *,
    config: str | Path | None = None,
    strict: bool = False,
    **options: object,
) -> Model:
    """Trains a model on labelled papers, saves it, and returns it ready to predict.

    `source` is what `train --dataset` takes: a file, a folder or a data set of the hub. `options` are settings by their
    names, such as `split_by="hash"`, `seed=1`, `limit_samples=1000` or `artifacts="models"`. Others are options of the
    kind of model, such as `epochs=5`. `config` is a YAML file of settings. Records that cannot be read are left out, up
    to the setting `max_unreadable`; with `strict` the first one is an InvalidInputError. After a kill, the same call
    goes on after the last finished epoch.

    Raises ConfigurationError for a setting or option that is unknown or wrong, and if the packages that training needs
    (extra `train`) are not installed.
    """
    settings = _settings(source, config, {**options, "kind": kind})
    container = _container(settings)
    with bound(run_id=new_run_id()), _missing_packages_named():
        result = _trained(container, settings, strict=strict)
    return Model(container, container.open_model().opened(result.model))


def evaluate(
    model: Model,
    source: str | Path,
    *,
    split: str | None = None,
    titles: bool = True,
    config: str | Path | None = None,
    strict: bool = False,
    **options: object,
) -> "EvaluationReport":
    """Measures a model on labelled papers.

    The report's `metrics` has the figures by name, and its `categories` those of each category. `source` is what
    `evaluate --dataset` takes. `split` is train, validation, test or all. By default it is test if the source has
    splits or the model learnt from it, and otherwise all. `titles` says whether papers are read with their titles.
    `options` are settings by their names, such as `limit_samples=1000`.

    Raises InvalidInputError if papers have none of the model's labels.
    """
    from application.papers.label_checks import refuse_other_labels

    settings = _settings(source, config, options)
    if split not in (None, ALL, *Split):
        raise ConfigurationError(f"split is {split!r}. It has to be train, validation, test or all.")
    container, loaded, bad_records = _container(settings), model.loaded, _BadRecords(strict=strict)
    with bound(run_id=new_run_id()), _missing_packages_named():
        dataset = container.dataset()
        chosen = split_to_evaluate(dataset, split, [loaded])
        papers = papers_to_evaluate(dataset, chosen, settings, bad_records)
        bad_records.summary()
        papers = weighed_papers(papers, dataset, chosen, settings)
        refuse_other_labels(papers, loaded.classifier.taxonomy, loaded.stored.name, dataset.name)
        measure = container.evaluate(loaded.classifier, loaded.stored.card.thresholds)
        return measure(papers, with_titles=titles)


def _trained(container: "Container", settings: Settings, *, strict: bool) -> "TrainResult":
    from application.papers.splitting import SplitPolicy
    from application.train import TrainCommand

    dataset, bad_records = container.dataset(), _BadRecords(strict=strict)
    config = effective_config(settings, container.family(settings.kind))
    command = TrainCommand(
        kind=settings.kind,
        run_name=f"{settings.kind}-{time.strftime('%Y%m%d-%H%M%S')}",
        seed=settings.seed,
        workspace=workspace_of(settings, config, dataset.fingerprint()),
        on_bad_record=bad_records,
        strict=strict,
        split=SplitPolicy(settings.split_by),
        limit_samples=settings.limit_samples,
        shares=shares_of(settings),
        config=config,
    )
    result = run_training(container, dataset, command, lambda splits, taxonomy: None)
    bad_records.summary()
    return result


def _settings(source: str | Path, config: str | Path | None, options: Mapping[str, object]) -> Settings:
    """Returns the settings of a call. Options that are no settings belong to the kind of model."""
    own = {name: value for name, value in options.items() if name in NAMES}
    of_kind = {name: value for name, value in options.items() if name not in NAMES}
    model = own.get("model")
    own["model"] = merged(of_kind, model if isinstance(model, Mapping) else {}) or None
    return load_settings({**own, "dataset": str(source)}, config=None if config is None else Path(config))


def _container(settings: Settings) -> "Container":
    from entrypoints.container import container_of

    return container_of(settings)


class _BadRecords:
    """Counts records that cannot be read, or raises InvalidInputError at the first one with `strict`."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._count = 0

    def __call__(self, record: BadRecord) -> None:
        if self._strict:
            raise InvalidInputError(str(record))
        self._count += 1

    def summary(self) -> None:
        """Logs how many there were."""
        if self._count:
            log_event(
                _logger,
                "records_skipped",
                f"{self._count} bad records left out. With strict=True, the first one is an error.",
                level=logging.WARNING,
                records=self._count,
            )


@contextmanager
def _missing_packages_named() -> Iterator[None]:
    """Raises ConfigurationError, with the command that installs them, if packages are missing."""
    try:
        yield
    except (ModuleNotFoundError, MissingPackageError) as error:
        raise missing_package(error) from error
