"""The composition root: builds every use case from its ports' adapters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, one_by_one
from domain.errors import ConfigurationError, InvalidInputError, ModelNotFoundError
from domain.label import LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import StoredModel
from domain.month import Clock, system_clock
from domain.output_form import PLAIN, OutputForm
from domain.paper_columns import KeepPapers
from domain.paper_file import PaperFile
from domain.ports.arxiv import PaperLookup
from domain.ports.classifier import Classifier, ClassifierFamily
from domain.ports.classifier_pool import ClassifierPool
from domain.ports.dataset import Dataset, OnBadRecord
from domain.ports.embedder import Embedder
from domain.ports.engine import Engine
from domain.ports.explainer import Explainer
from domain.ports.model_in_use import ModelInUseStore
from domain.ports.model_store import ModelStore
from domain.ports.paper_index import IndexOrigin, PaperIndexStore
from domain.ports.prediction_parts import PaperRows, PartCutter, PartStore
from domain.ports.prediction_writer import PredictionWriter
from domain.ports.registry import ModelRegistry
from domain.ports.sweeper import Sweeper
from domain.ports.tracker import Tracker
from domain.prediction_run import PredictionRun
from domain.sweep import SweepPlan
from domain.taxonomy import Taxonomy
from entrypoints import registry, resources
from entrypoints.injection import containers, providers
from entrypoints.model_kinds import RegisteredKinds
from entrypoints.prediction_metadata import file_metadata
from entrypoints.served_kind import refuse_other_kind, required_kind
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.advise import Advise
    from application.audit_dataset import AuditDataset
    from application.build_ensemble import BuildEnsemble
    from application.calibrate_model import CalibrateModel
    from application.compare_variants import CompareVariants
    from application.evaluate import Evaluate
    from application.export_feedback import ExportFeedback
    from application.find_similar import FindSimilar
    from application.harvest import Harvest
    from application.index_papers import EmbedAll, IndexPapers
    from application.learn_advice import LearnAdvice
    from application.models.bundle_check import CheckBundle
    from application.models.models_in_use import UseModel
    from application.open_model import LoadedModel, OpenModel
    from application.predict import Predict
    from application.promote_model import PromoteModel, RollBackModel
    from application.register_model import RegisterModel
    from application.report_evaluation import ReportEvaluation
    from application.train import Train
    from application.tune_policies import TunePolicies
    from domain.ports.feedback_store import FeedbackStore
    from domain.ports.prediction_log import PredictionLog
    from domain.ports.report_writer import ReportWriter
    from domain.ports.sweep_report import SweepReport
    from domain.prediction_run import InputFile
    from domain.similar_paper import PaperToIndex
    from domain.sweep import SweepDefinition


def _lazily(target: str) -> Callable[..., Any]:
    """Returns a callable that imports `module:attribute` when it is called.

    A provider would import it when it is declared.
    """

    def build(*args: object, **options: object) -> object:
        return registry.load(target)(*args, **options)

    return build


def _family(kind: str) -> ClassifierFamily:
    return RegisteredKinds().family(kind)


def _open_model(store: ModelStore, *, settings: Settings, now: Clock) -> "OpenModel":
    from application.open_model import OpenModel
    from entrypoints.taxonomies import lifetimes

    def check(reference: str, stored: StoredModel) -> None:
        if reference == settings.model_path and (kind := required_kind(settings)):
            refuse_other_kind(kind, reference, stored.card.kind)

    closing = lifetimes() if settings.close_categories else None
    return OpenModel(store, RegisteredKinds(), _store_at, check=check, lifetimes=closing, now=now)


def _store_at(folder: Path) -> ModelStore:
    store: ModelStore = registry.load(registry.MODEL_STORE)(folder)
    return store


def _loaded(reference: str, open_model: "OpenModel") -> "LoadedModel":
    return open_model(reference)


def _explainer(model: "LoadedModel", open_model: "OpenModel") -> Explainer:
    return open_model.explainer(model)


def _predict(
    model: "LoadedModel",
    open_model: "OpenModel",
    *,
    batch_size: int,
    pool: ClassifierPool | None = None,
    alone: int = 20_000,
) -> "Predict":
    from application.predict import Predict

    return Predict(model.classifier, lambda: open_model.explainer(model), batch_size=batch_size, pool=pool, alone=alone)


def _model_registry(settings: Settings) -> ModelRegistry:
    build = registry.find(registry.MODEL_REGISTRIES, settings.registry, what="registry")
    found: ModelRegistry = build(settings.registry_options, settings.artifacts)
    return found


def _check_bundle(models: ModelRegistry, store: ModelStore, open_model: "OpenModel") -> "CheckBundle":
    from application.models.bundle_check import CheckBundle

    return CheckBundle(models, store, members_of=open_model.members)


def _register_model(
    models: ModelRegistry, store: ModelStore, check: "CheckBundle", open_model: "OpenModel"
) -> "RegisterModel":
    from application.register_model import RegisterModel

    return RegisterModel(models, store, check, members_of=open_model.members)


def _writer(
    format_: str,
    stream: BinaryIO,
    taxonomy: Taxonomy,
    *,
    form: OutputForm = PLAIN,
    metadata: Mapping[str, str] | None = None,
) -> PredictionWriter:
    """A writer of the format. A table has one form, and only parquet has metadata."""
    options: dict[str, object] = {} if format_ == "table" else {"form": form}
    if format_ == "parquet":
        options["metadata"] = {**(metadata or {}), "taxonomy": taxonomy.fingerprint()}
    writer_type = registry.find(registry.PREDICTION_WRITERS, format_, what="output format")
    writer: PredictionWriter = writer_type(stream, taxonomy, **options)
    return writer


def _abstract_batches(
    source: PaperFile | BinaryIO,
    *,
    format: str | None,
    settings: Settings,
    on_bad_record: OnBadRecord,
    now: Clock,
    kept: Sequence[str] = (),
    types: Mapping[str, object] | None = None,
) -> "Iterator[Abstract | AbstractBatch]":
    found = format
    if found is None and hasattr(source, "suffixes"):
        found = registry.load(registry.FORMAT_OF)(source)
    if found is None:
        raise InvalidInputError(f"{source} is of no known format. Say --input-format jsonl, csv, tsv, xlsx or parquet.")
    abstracts: Iterator[Abstract | AbstractBatch] = registry.load("adapters.datasets.unlabelled:read_batches")(
        source,
        format=found,
        max_characters=settings.max_characters,
        on_bad_record=on_bad_record,
        named=_columns(settings),
        kept=kept,
        types=types,
        now=now,
    )
    return abstracts


def _abstracts(
    source: Path | BinaryIO, *, format: str | None, settings: Settings, on_bad_record: OnBadRecord, now: Clock
) -> Iterator[Abstract]:
    return one_by_one(_abstract_batches(source, format=format, settings=settings, on_bad_record=on_bad_record, now=now))


def _abstracts_in_memory(
    papers: object, *, columns: Mapping[str, str], settings: Settings, on_bad_record: OnBadRecord, now: Clock
) -> Iterator[Abstract]:
    read = registry.load("adapters.datasets.in_memory:abstracts_in_memory")
    named = {**_columns(settings), **columns}
    abstracts: Iterator[Abstract] = read(papers, settings.max_characters, on_bad_record, named=named, now=now)
    return abstracts


def _dataset(settings: Settings, *, now: Clock, format: str | None = None) -> Dataset:
    from application.papers.forwarding import OnceHashed
    from entrypoints.taxonomies import all_categories

    reading = registry.load("adapters.datasets.reading:Reading")(
        settings.max_characters,
        _columns(settings),
        now,
        label_set=settings.label_set,
        separator=settings.separator,
        known=frozenset(map(str, all_categories())),
    )
    return OnceHashed(registry.load("adapters.datasets.opening:open_dataset")(settings.dataset, format, reading))


def _columns(settings: Settings) -> dict[str, str]:
    return {name: str(theirs) for name, theirs in settings.columns.items()}


def _use_model(store: ModelStore, in_use: ModelInUseStore) -> "UseModel":
    from application.models.models_in_use import UseModel
    from application.open_model import OpenModel

    def check(reference: str) -> StoredModel:
        loaded = OpenModel(store, RegisteredKinds(), _store_at)(reference)
        loaded.classifier.predict([Abstract("We study a problem.")])
        return loaded.stored

    return UseModel(store, in_use, check)


def _classifier_pool(model: "LoadedModel", workers: int, settings: Settings) -> "ClassifierPool | None":
    """Returns a pool of `workers` processes, or None if one process is enough."""
    if workers == 1:
        return None
    open_ = partial(_open_classifier, settings, model.stored.folder)
    build = registry.load("adapters.classifier_pool.processes:ProcessPool")
    pool: ClassifierPool = build(model.classifier, workers, open_classifier=open_)
    return pool


def _open_classifier(settings: Settings, folder: Path) -> Classifier:
    """Returns the classifier of a bundle, for a process of its own."""
    return container_of(settings).open_model().in_folder(folder).classifier


def _input_files(sources: Sequence[str], format: str | None) -> list[PaperFile]:
    found: list[PaperFile] = registry.load("adapters.datasets.paper_rows:input_files")(sources, format)
    return found


def _paper_rows(
    files: Sequence[PaperFile],
    *,
    format: str | None,
    settings: Settings,
    now: Clock,
    kept: Sequence[str] = (),
    types: Mapping[str, object] | None = None,
    start: int = 0,
) -> PaperRows:
    build = registry.load("adapters.datasets.paper_rows:RowsOfFiles")
    rows: PaperRows = build(
        files,
        format=format,
        max_characters=settings.max_characters,
        named=_columns(settings),
        kept=kept,
        types=types,
        now=now,
        start=start,
    )
    return rows


@contextmanager
def _part_folder(
    folder: Path, run: PredictionRun, taxonomy: Taxonomy, form: OutputForm, *, dry_run: bool = False
) -> Iterator[tuple[PartStore, PredictionRun]]:
    """Yields the parts in a folder that no other process writes to, and the run that began them.

    A dry run neither makes nor locks the folder.
    """
    claimed = nullcontext if dry_run else registry.load("adapters.prediction_parts.folder:claimed")
    prepare = "examine_folder" if dry_run else "prepare_folder"
    with claimed(folder):
        first: PredictionRun = registry.load(f"adapters.prediction_parts.folder:{prepare}")(folder, run)
        writer = _part_writer(first, taxonomy, form)
        store = registry.load("adapters.prediction_parts.folder:FolderParts")(folder, f".{run.format}", writer)
        yield store, first


def _part_writer(run: PredictionRun, taxonomy: Taxonomy, form: OutputForm) -> Callable[[BinaryIO], PredictionWriter]:
    metadata = file_metadata(run.model, run.model_digest, run.policy, run.command)
    return partial(_writer, run.format, taxonomy=taxonomy, form=form, metadata=metadata)


def _part_cutter(files: Sequence[PaperFile], rows: PaperRows, *, sizes: Sequence[int] | None) -> PartCutter:
    """Returns the cutter of rows for other processes: by positions in files of known size, else the rows themselves."""
    if sizes is None:
        cutter: PartCutter = registry.load("adapters.datasets.part_cutters:RowsThemselves")(rows)
        return cutter
    named = [(str(file), size) for file, size in zip(files, sizes, strict=True)]
    places: PartCutter = registry.load("adapters.datasets.part_cutters:PlacesOfRows")(named)
    return places


def _engine(kind: str, *, address: str | None, cores: int) -> Engine:
    engine: Engine = registry.find(registry.ENGINES, kind, what="engine")(address, cores=cores)
    return engine


def is_shipped(stored: StoredModel) -> bool:
    """Returns whether a model comes with the program."""
    return bool(stored.shipped_as)


def _tracker(settings: Settings) -> Tracker:
    from entrypoints.tracking import open_tracker

    return open_tracker(settings)


def _train(dataset: Dataset, taxonomy: Taxonomy, *, settings: Settings, tracker: Tracker, store: ModelStore) -> "Train":
    from application.train import Train

    classifier = _family(settings.kind).trainable(taxonomy, settings.model)
    return Train(dataset, classifier, tracker, store)


def _sweeper(kind: str, plan: SweepPlan, *, storage: str | None, folder: Path, settings: Settings) -> Sweeper:
    from entrypoints.tracking import sweeper_options

    build = registry.find(registry.SWEEPERS, kind, what="sweeper")
    sweeper: Sweeper = build(plan, storage=storage, folder=folder, options=sweeper_options(kind, settings))
    return sweeper


def _harvest(folder: Path, settings: Settings) -> "Harvest":
    from application.harvest import Harvest

    source = registry.load(registry.ARXIV_HARVEST)(settings.arxiv, max_characters=settings.max_characters)
    return Harvest(source, registry.load(registry.HARVEST_STORE)(folder))


def _paper_lookup(settings: Settings) -> PaperLookup:
    build = registry.load(registry.ARXIV_LOOKUP)
    lookup: PaperLookup = build(settings.arxiv, max_characters=settings.max_characters)
    return lookup


def _ensemble(
    dataset: Dataset, references: Sequence[str], tracker: Tracker, store: ModelStore, open_model: "OpenModel"
) -> "BuildEnsemble":
    from application.build_ensemble import BuildEnsemble, Candidate

    found = [store.find(reference) for reference in references]
    candidates = [Candidate(stored, open_model.raw(stored)) for stored in found]
    write_members = registry.load("adapters.classifiers.ensemble.members:write_members")
    return BuildEnsemble(dataset, candidates, tracker, store, write_members=write_members)


def _calibrate_model(dataset: Dataset, store: ModelStore) -> "CalibrateModel":
    from application.calibrate_model import CalibrateModel

    return CalibrateModel(dataset, store, registry.load("adapters.model_store.weights:copy_weights"))


def _advise(model: "LoadedModel", explainer: Explainer, find_similar: "FindSimilar | None") -> "Advise":
    from application.advise import Advise

    find = None if find_similar is None else (lambda abstract, count: find_similar(abstract, k=count))
    return Advise(model.stored.card, model.classifier, explainer, find)


def _learn_advice(dataset: Dataset, store: ModelStore) -> "LearnAdvice":
    from application.learn_advice import LearnAdvice

    return LearnAdvice(dataset, store, registry.load("adapters.model_store.weights:copy_weights"))


def _audit_dataset(similarity: float) -> "AuditDataset":
    from application.audit_dataset import AuditDataset
    from entrypoints.taxonomies import all_categories

    return AuditDataset(all_categories(), registry.load(registry.NEAR_DUPLICATES)(similarity))


def _tune_policies(dataset: Dataset, store: ModelStore) -> "TunePolicies":
    from application.tune_policies import TunePolicies

    return TunePolicies(dataset, store, registry.load("adapters.model_store.weights:copy_weights"))


def _embedder(store: ModelStore, reference: str) -> tuple[StoredModel, Embedder]:
    stored = store.find(reference)
    if stored.card.kind not in registry.EMBEDDERS:
        raise ConfigurationError(
            f"A model of kind {stored.card.kind} gives no vectors. Kinds that do: {', '.join(registry.EMBEDDERS)}."
        )
    embedder: Embedder = registry.load(registry.EMBEDDERS[stored.card.kind])(stored.folder)
    return stored, embedder


def _index_papers(
    reference: str,
    folder: Path,
    *,
    created: str,
    on_indexed: Callable[[int], None],
    store: ModelStore,
    indexes: PaperIndexStore,
    embed_on: "Callable[[StoredModel, Embedder], EmbedAll] | None" = None,
) -> "IndexPapers":
    """Returns what indexes papers with a model's encoder, here or as `embed_on` says."""
    from application.index_papers import IndexPapers

    stored, embedder = _embedder(store, reference)
    origin = IndexOrigin(stored.name, embedder.fingerprint, embedder.dimensions, created)
    embed_all = None if embed_on is None else embed_on(stored, embedder)
    return IndexPapers(embedder, indexes.create(folder, origin), on_indexed=on_indexed, embed_all=embed_all)


def _papers_to_index(dataset: Dataset, on_bad_record: OnBadRecord) -> "Iterator[PaperToIndex]":
    from application.papers.forwarding import source_of

    papers: Iterator[PaperToIndex] = registry.load("adapters.datasets.indexable:papers_to_index")(
        source_of(dataset), on_bad_record
    )
    return papers


def _find_similar(folder: Path, reference: str | None, *, store: ModelStore, indexes: PaperIndexStore) -> "FindSimilar":
    from application.find_similar import FindSimilar

    index = indexes.open(folder)
    try:
        _, embedder = _embedder(store, reference or index.origin.model)
    except ModelNotFoundError as error:
        raise ModelNotFoundError(f"{error} The index in {folder} was made with {index.origin.model}.") from error
    return FindSimilar(embedder, index)


def _taxonomy(papers: Sequence[LabelledAbstract] = (), *, settings: Settings) -> Taxonomy:
    from application.papers.label_choice import arxiv_labels, label_set_of, own_labels
    from entrypoints.taxonomies import all_categories, label_choice, label_names, usual_categories

    choice = label_choice(settings.categories, settings.min_papers)
    if label_set_of(papers) == LabelSet.OWN:
        return own_labels(papers, choice, label_names(settings.label_names))
    return arxiv_labels(papers, choice, usual=usual_categories(settings.categories), every=all_categories())


class Container(containers.DeclarativeContainer):
    """Everything an entrypoint asks for, built from the settings when it asks."""

    settings = providers.Dependency(instance_of=Settings)
    # What tells whether a paper's date lies in the future.
    clock = providers.Object(system_clock)

    model_registry = providers.Singleton(_model_registry, settings)
    named_models: "providers.Singleton[ModelStore]" = providers.Singleton(
        _lazily("application.models.registered_models:RegisteredModels"),
        providers.Singleton(
            _lazily(registry.MODEL_STORE),
            root=settings.provided.artifacts,
            bundled=providers.Callable(lambda: resources.bundled_models()),
        ),
        model_registry.provider,
    )
    model_in_use: "providers.Singleton[ModelInUseStore]" = providers.Singleton(
        _lazily("adapters.model_store.in_use:ModelInUseFile"), settings.provided.artifacts
    )
    model_store: "providers.Singleton[ModelStore]" = providers.Singleton(
        _lazily("application.models.models_in_use:ModelsInUse"), named_models, model_in_use, shipped=Settings().kind
    )
    # Called with what a model is called by.
    use_model = providers.Factory(_use_model, named_models, model_in_use)
    open_model = providers.Factory(_open_model, model_store, settings=settings, now=clock)
    check_bundle = providers.Factory(_check_bundle, model_registry, model_store, open_model)
    register_model = providers.Factory(_register_model, model_registry, model_store, check_bundle, open_model)
    promote_model: "providers.Factory[PromoteModel]" = providers.Factory(
        _lazily("application.promote_model:PromoteModel"), model_registry, check_bundle
    )
    roll_back_model: "providers.Factory[RollBackModel]" = providers.Factory(
        _lazily("application.promote_model:RollBackModel"), model_registry, check_bundle
    )
    # Called where the settings name a source.
    dataset = providers.Factory(_dataset, settings, now=clock)
    # Called with training papers.
    taxonomy = providers.Factory(_taxonomy, settings=settings)
    # Called with a data set and what receives bad records.
    papers_to_index = providers.Factory(_papers_to_index)
    # Called with what a store is asked for: `default`, a kind, kind/version, a path or registry:NAME@ALIAS.
    loaded_model = providers.Factory(_loaded, open_model=open_model)
    # Called with a loaded model.
    explainer = providers.Factory(_explainer, open_model=open_model)
    family = providers.Factory(_family)
    tracker = providers.Factory(_tracker, settings)
    abstracts = providers.Factory(_abstracts, settings=settings, now=clock)
    abstract_batches = providers.Factory(_abstract_batches, settings=settings, now=clock)
    # Called with papers that a program holds, the names of their columns and what gets bad records.
    abstracts_in_memory = providers.Factory(_abstracts_in_memory, settings=settings, now=clock)
    # Called with the data set and the labels to learn.
    train = providers.Factory(_train, settings=settings, tracker=tracker, store=model_store)
    # Called with what a sweep file says.
    sweep_definition: "providers.Factory[SweepDefinition]" = providers.Factory(
        _lazily("adapters.sweepers.definition:parse_definition")
    )
    sweep_report: "providers.Factory[SweepReport]" = providers.Factory(_lazily(registry.SWEEP_REPORT))
    report_writer: "providers.Factory[ReportWriter]" = providers.Factory(_lazily(registry.REPORT_WRITER))
    # Called with the sweeper's kind, the plan, where it is remembered and the sweep's folder.
    sweeper = providers.Factory(_sweeper, settings=settings)
    # Called with the data set and what the models are called by.
    ensemble = providers.Factory(_ensemble, tracker=tracker, store=model_store, open_model=open_model)
    calibrate_model = providers.Factory(_calibrate_model, store=model_store)
    # Called with a loaded model, its explainer, and what finds similar papers or None.
    advise = providers.Factory(_advise)
    learn_advice = providers.Factory(_learn_advice, store=model_store)
    # Called with the least similarity of near-duplicates.
    audit_dataset = providers.Factory(_audit_dataset)
    tune_policies = providers.Factory(_tune_policies, store=model_store)
    embedder = providers.Factory(_embedder, model_store)
    paper_indexes: "providers.Factory[PaperIndexStore]" = providers.Factory(_lazily(registry.PAPER_INDEX))
    # Called with a model's name, the folder to write, the time and what receives progress.
    index_papers = providers.Factory(_index_papers, store=model_store, indexes=paper_indexes)
    # Called with an index's folder and a model's name, or None for the one that made it.
    find_similar = providers.Factory(_find_similar, store=model_store, indexes=paper_indexes)
    # Called with the folder and what bounds its files.
    prediction_log: "providers.Factory[PredictionLog]" = providers.Factory(_lazily(registry.PREDICTION_LOG))
    feedback_store: "providers.Factory[FeedbackStore]" = providers.Factory(_lazily(registry.FEEDBACK_STORE))
    paper_lookup = providers.Factory(_paper_lookup, settings)
    # Called with the folder to write to.
    harvest = providers.Factory(_harvest, settings=settings)
    # Called with a log, a feedback store or None, and what is asked.
    compare_variants: "providers.Factory[CompareVariants]" = providers.Factory(
        _lazily("application.compare_variants:CompareVariants")
    )
    # Called with a feedback store and a log or None.
    export_feedback: "providers.Factory[ExportFeedback]" = providers.Factory(
        _lazily("application.export_feedback:ExportFeedback")
    )
    write_papers: "providers.Factory[None]" = providers.Factory(_lazily("adapters.datasets.paper_lines:write_papers"))
    prediction_writer = providers.Factory(_writer)
    evaluate: "providers.Factory[Evaluate]" = providers.Factory(_lazily("application.evaluate:Evaluate"))
    report_evaluation: "providers.Factory[ReportEvaluation]" = providers.Factory(
        _lazily("application.report_evaluation:ReportEvaluation"), report_writer
    )
    # Called with the folder to keep papers in.
    papers_on_disk: "providers.Factory[AbstractContextManager[KeepPapers]]" = providers.Factory(
        _lazily("adapters.datasets.papers_on_disk:papers_on_disk")
    )
    # Called with a loaded model and a number of processes.
    classifier_pool = providers.Factory(_classifier_pool, settings=settings)
    # Called with sources and a format; with files and a format; with a folder, a run and the model's taxonomy.
    input_files = providers.Callable(_input_files)
    kept_types: "providers.Callable[dict[str, object]]" = providers.Callable(
        _lazily("adapters.datasets.kept_types:kept_types")
    )
    row_counts: "providers.Callable[list[int] | None]" = providers.Callable(
        _lazily("adapters.datasets.paper_rows:row_counts")
    )
    described_input: "providers.Callable[InputFile]" = providers.Callable(
        _lazily("adapters.datasets.addresses:described")
    )
    paper_rows = providers.Factory(_paper_rows, settings=settings, now=clock)
    part_folder = providers.Callable(_part_folder)
    part_writer = providers.Callable(_part_writer)
    part_cutter = providers.Callable(_part_cutter)
    engine = providers.Callable(_engine)
    # Called with a loaded model.
    predict = providers.Factory(_predict, open_model=open_model, batch_size=settings.provided.prediction_batch_size)


def container_of(settings: Settings) -> Container:
    """Returns a container with those settings."""
    return Container(settings=providers.Object(settings))
