"""Bundles that an attacker or a broken exporter wrote: their hashes are right, and what the files say is not."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from adapters.classifiers.ensemble.members import write_members
from adapters.model_store.filesystem import FilesystemModelStore
from adapters.model_store.integrity import record_files
from domain.abstract import Abstract
from domain.ensemble import EnsembleMember
from domain.errors import ArxivClassifierError, CorruptModelError, IncompatibleModelError
from entrypoints.container import Container, container_of
from entrypoints.settings import Settings
from tests.bundles import write_baseline, write_bundle
from tests.checkpoints import write_checkpoint
from tests.examples import small_card
from tests.strategies import examples

DEEP = 100_000
REFUSED = (CorruptModelError, IncompatibleModelError)
PAPERS = [Abstract("star"), Abstract("brane image \u2603 " * 100, "Black hole")]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store's folder with a small model of each kind."""
    root = tmp_path_factory.mktemp("honest")
    store = FilesystemModelStore(root)
    checkpoint = write_checkpoint(tmp_path_factory.mktemp("checkpoint"), num_hidden_layers=1)

    def write_transformer(folder: Path) -> None:
        write_bundle(folder, checkpoint)

    found = [
        store.save(small_card("baseline"), write_baseline),
        store.save(small_card("minilm"), write_transformer),
    ]
    members = [EnsembleMember(each.name, each.digest, 1.0) for each in found]
    store.save(small_card("ensemble"), lambda folder: write_members(folder, members))
    return root


@pytest.fixture
def root(honest: Path, tmp_path: Path) -> Path:
    """A copy of the store's folder, to be altered."""
    return shutil.copytree(honest, tmp_path / "models")


def folder_of(root: Path, kind: str) -> Path:
    """The folder of a kind's only model."""
    (folder,) = (root / kind).iterdir()
    return folder


def seal(folder: Path) -> None:
    """Writes the hashes of the files as they are now into the manifest."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    if isinstance(manifest, dict):
        manifest["files"] = {
            name: {"size": record.size, "sha256": record.sha256} for name, record in record_files(folder).items()
        }
        path.write_text(json.dumps(manifest), "utf-8")


def container(root: Path) -> Container:
    """A container of those models."""
    return container_of(Settings(artifacts=root))


def refusal(root: Path, kind: str) -> str:
    """Why the kind's model is not loaded."""
    with pytest.raises(REFUSED) as raised:
        container(root).loaded_model(str(folder_of(root, kind)))
    return str(raised.value)


@pytest.mark.parametrize("kind", ["baseline", "minilm", "ensemble"])
def test_an_honest_model_is_loaded(root: Path, kind: str) -> None:
    """Sealed again, each model is loaded and predicts."""
    seal(folder_of(root, kind))
    classifier = container(root).loaded_model(str(folder_of(root, kind))).classifier
    assert np.isfinite(np.asarray(classifier.predict(PAPERS).probabilities)).all()


FILES = {
    "manifest.json": "baseline",
    "thresholds.json": "baseline",
    "calibration.json": "baseline",
    "text.json": "baseline",
    "reading.json": "minilm",
    "tokenizer.json": "minilm",
    "ensemble.json": "ensemble",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, '{"a": ' + "[" * 200 + "]" * 200 + "}"])
def test_deep_nesting_is_refused(root: Path, name: str, text: str) -> None:
    """Lists or objects in one another without end are a CorruptModelError that names the file or the model's folder."""
    kind = FILES[name]
    folder = folder_of(root, kind)
    (folder / name).write_text(text)
    if name != "manifest.json":
        seal(folder)
    told = refusal(root, kind)
    assert str(folder) in told
    assert "nested more than 64 deep" in told or name == "tokenizer.json"


@pytest.mark.parametrize("name", ["config", "data", "metrics", "libraries"])
def test_deep_nesting_inside_a_manifest_is_refused(root: Path, name: str) -> None:
    """A field of the manifest that is nested deeper than anyone writes it is refused before others trip over it."""
    path = folder_of(root, "baseline") / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest[name]["deep"] = "HERE"
    path.write_text(json.dumps(manifest).replace('"HERE"', "[" * 900 + "]" * 900), "utf-8")
    assert "nested more than 64 deep" in refusal(root, "baseline")


@pytest.mark.parametrize("number", [4_000_000_000, 100_000])
def test_a_token_beyond_the_embeddings_is_refused(root: Path, number: int) -> None:
    """A token whose number the graph has no embedding for is named when the model is loaded."""
    folder = folder_of(root, "minilm")
    document = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    document["model"]["vocab"]["star"] = number
    (folder / "tokenizer.json").write_text(json.dumps(document), "utf-8")
    seal(folder)
    assert f"{number:,}" in refusal(root, "minilm")


@pytest.mark.parametrize(("length", "told"), [(10**9, "at most 4,096"), (4096, "fails on 4096 tokens")])
def test_more_tokens_than_positions_are_refused(root: Path, length: int, told: str) -> None:
    """A model that would read more tokens than its graph has positions is refused when it is loaded."""
    folder = folder_of(root, "minilm")
    reading = json.loads((folder / "reading.json").read_text("utf-8"))
    (folder / "reading.json").write_text(json.dumps({**reading, "max_length": length}), "utf-8")
    seal(folder)
    assert told in refusal(root, "minilm")


def rename_output(model: Any, old: str, new: str) -> None:
    """Gives an output of a graph another name."""
    for output in model.graph.output:
        output.name = new if output.name == old else output.name
    for node in model.graph.node:
        node.output[:] = [new if name == old else name for name in node.output]


def add_output(model: Any) -> None:
    """Adds an output to a graph."""
    from onnx import TensorProto, helper

    model.graph.node.append(helper.make_node("Identity", ["vectors"], ["extra"]))
    model.graph.output.append(helper.make_tensor_value_info("extra", TensorProto.FLOAT, ["papers", 32]))


def drop_vectors(model: Any) -> None:
    """Takes an output from a graph."""
    del model.graph.output[1]


def widen(model: Any) -> None:
    """Makes an output float64."""
    from onnx import TensorProto

    (node,) = [node for node in model.graph.node if node.output[0] == "probabilities"]
    node.op_type = "Cast"
    from onnx import helper

    node.attribute.append(helper.make_attribute("to", TensorProto.DOUBLE))
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def flatten(model: Any) -> None:
    """Gives the shape of the vectors in their place."""
    from onnx import TensorProto, helper

    (node,) = [node for node in model.graph.node if node.output[0] == "vectors"]
    node.op_type = "Shape"
    model.graph.output[1].CopyFrom(helper.make_tensor_value_info("vectors", TensorProto.INT64, [2]))


def square(model: Any) -> None:
    """Leaves the sigmoid out, so that probabilities are logits."""
    (node,) = [node for node in model.graph.node if node.op_type == "Sigmoid"]
    node.op_type = "Identity"


def rename_input(model: Any) -> None:
    """Gives an input another name."""
    for node in model.graph.node:
        node.input[:] = ["words" if name == "tokens" else name for name in node.input]
    model.graph.input[0].name = "words"


def fill(value: float, *, spread: bool = False) -> Callable[[Any], None]:
    """Puts a number into one place of the stored values, in a form of its own where wanted."""

    def put(model: Any) -> None:
        from onnx import numpy_helper

        tensor = next(each for each in model.graph.initializer if each.name.endswith("LayerNorm.weight"))
        array = numpy_helper.to_array(tensor).copy()
        array[0] = value
        if spread:
            tensor.ClearField("raw_data")
            tensor.float_data.extend(array.tolist())
        else:
            tensor.raw_data = array.tobytes()

    return put


def keep_outside(model: Any) -> None:
    """Says that a tensor is kept in another file."""
    from onnx import TensorProto

    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def add_loop(model: Any) -> None:
    """Adds a node that runs a graph of its own again and again."""
    from onnx import TensorProto, helper, numpy_helper

    names = ("round", "go_on", "go_on_again")
    kinds = (TensorProto.INT64, TensorProto.BOOL, TensorProto.BOOL)
    first, second, third = (helper.make_tensor_value_info(*one, []) for one in zip(names, kinds, strict=True))
    again = helper.make_node("Identity", ["go_on"], ["go_on_again"])
    body = helper.make_graph([again], "body", [first, second], [third])
    for name, value in (("rounds", np.array(3)), ("begin", np.array(True))):
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    model.graph.node.append(helper.make_node("Loop", ["rounds", "begin"], [], body=body))


def add_function(model: Any) -> None:
    """Adds a function that nodes may call."""
    from onnx import helper

    node = helper.make_node("Identity", ["x"], ["y"])
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "twice", ["x"], ["y"], [node], opsets))


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        (add_loop, "its node Loop runs a graph of its own"),
        (add_function, "it has functions of its own"),
        (add_output, "gives extra and probabilities and vectors, not probabilities and vectors"),
        (drop_vectors, "gives probabilities, not probabilities and vectors"),
        (lambda model: rename_output(model, "vectors", "states"), "gives probabilities and states"),
        (lambda model: rename_output(model, "probabilities", "scores"), "gives 0 probabilities for 5"),
        (widen, "gives 0 probabilities for 5"),
        (flatten, "output vectors is not of float32"),
        (square, "invalid probabilities"),
        (rename_input, "fails on one token"),
        (fill(np.nan), "is not finite"),
        (fill(np.inf, spread=True), "is not finite"),
        (fill(1e30), "beyond 1,000,000,000"),
        (keep_outside, "another file"),
    ],
)
def test_another_graph_is_refused(root: Path, alter: Callable[[Any], None], told: str) -> None:
    """A graph that does not do what a transformer's does is refused when it is loaded, with what was found."""
    import onnx

    folder = folder_of(root, "minilm")
    model = onnx.load(str(folder / "model.onnx"))
    alter(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    seal(folder)
    assert told in refusal(root, "minilm")


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """Replaces a tensor by what becomes of it."""

    def alter(tensors: dict[str, Any]) -> None:
        tensors[name] = change(tensors[name])

    return alter


def with_nan(array: Any) -> Any:
    """The array with its first number not one."""
    array = array.copy()
    array.flat[0] = np.nan
    return array


@pytest.mark.parametrize(
    ("alter", "told"),
    [
        *(
            (changed(n, with_nan), f"{n} holds")
            for n in ("idf", "bag.table", "bag.scale", "bag.bias", "dense.0.kernel")
        ),
        (changed("bag.bias", lambda a: a[:-1]), "bag.bias is float32 of shape (8,), not float32 of shape (9)"),
        (changed("bag.scale", lambda a: a.astype(np.float64)), "bag.scale is float64"),
        (changed("bag.table", lambda a: a[:, :6]), "bag.bias is float32"),
        (changed("bag.table", lambda a: a[0]), "bag.table is float32 of shape (9,)"),
        (changed("dense.0.kernel", lambda a: a.T.copy()), "dense.0.kernel is float32 of shape (5, 4)"),
        (changed("bigrams", lambda a: a + 100), "bigrams are not ascending pairs of the 6 terms"),
        (changed("bigrams", lambda a: a.astype(np.float32)), "bigrams is float32"),
        (lambda tensors: tensors.pop("idf"), "idf"),
        (changed("dense.0.bias", lambda a: a * np.float32(0) + np.float32(1e30)), "beyond 1,000,000,000"),
    ],
)
def test_other_tensors_are_refused(root: Path, alter: Callable[[dict[str, Any]], None], told: str) -> None:
    """A baseline whose tensors do not fit one another, or are no numbers, is refused, with the tensor's name."""
    folder = folder_of(root, "baseline")
    tensors = load_file(folder / "network.safetensors")
    alter(tensors)
    save_file(tensors, folder / "network.safetensors")
    seal(folder)
    assert told in refusal(root, "baseline")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list and object of a document with every key of theirs."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        [[]],
        {"a": {}},
        ["x"],
        float("nan"),
        float("inf"),
        None,
        True,
        [],
        {},
        "",
        "x",
        "\ud800",
        "\0",
        "../x",
        -1,
        0,
        1.5,
        2**31,
        2**64,
        10**400,
        1e308,
        -1e308,
        1e-320,
    ]
)


@st.composite
def alterations(draw: st.DrawFn) -> tuple[str, Callable[[Any], Any]]:
    """A document's name, and what to make of it."""
    name = draw(st.sampled_from(sorted(FILES)))
    steps = draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2), STRANGE), min_size=1, max_size=3))

    def alter(document: Any) -> Any:
        for place, way, value in steps:
            found = list(places(document))
            if not found:
                return value
            inside, key = found[place % len(found)]
            if way == 0 and isinstance(inside, dict):
                del inside[key]
            elif way == 1 and isinstance(inside, dict):
                inside["x"] = copy.deepcopy(value)
            else:
                inside[key] = copy.deepcopy(value)
        return document

    return name, alter


@examples(160)
@given(altered=alterations())
def test_any_documents_are_loaded_or_refused(
    honest: Path, tmp_path_factory: pytest.TempPathFactory, altered: tuple[str, Callable[[Any], Any]]
) -> None:
    """Whatever a bundle's JSON says, it is loaded and predicts probabilities, or loading it says why not."""
    name, alter = altered
    root = shutil.copytree(honest, tmp_path_factory.mktemp("altered") / "models")
    folder = folder_of(root, FILES[name])
    path = folder / name
    path.write_text(json.dumps(alter(json.loads(path.read_text("utf-8")))), "utf-8")
    if name != "manifest.json":
        seal(folder)
    try:
        classifier = container(root).loaded_model(str(folder)).classifier
    except ArxivClassifierError as error:
        assert str(error).endswith(".")
        return
    rows = np.asarray(classifier.predict(PAPERS).probabilities)
    assert ((rows >= 0) & (rows <= 1)).all()
