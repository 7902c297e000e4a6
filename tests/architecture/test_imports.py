"""The imports that each package may have, with planted faults that the rules must find."""

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.sources import INTERFACE, PACKAGES, adapter_names, circles, imported_packages, pickling, sources

STANDARD = set(sys.stdlib_module_names)
ALLOWED = {
    "domain": STANDARD | {"domain"},
    "application": STANDARD | {"domain", "application", "numpy", "typing_extensions"},
}


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_inner_layers_import_nothing_else(project: Path, package: str) -> None:
    """The domain imports the standard library alone, the application also the domain and numpy."""
    files = sources(project, package)
    foreign = {path.name: imported_packages(path.read_text("utf-8")) - ALLOWED[package] for path in files}
    assert {name: packages for name, packages in foreign.items() if packages} == {}
    assert files


def test_no_modules_import_one_another(project: Path) -> None:
    """No module imports, even inside a function, a module that imports it."""
    codes = {
        ".".join(path.relative_to(project).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for path in sources(project)
    }
    assert circles(codes) == []


def test_the_search_for_circles_finds_them() -> None:
    """Two modules and a third between them are found; imports for type checkers are not counted."""
    codes = {
        "a": "from b import x",
        "b": "def f():\n    import c",
        "c": "from a import y",
        "d": "import a\nif TYPE_CHECKING:\n    import e",
        "e": "import d",
    }
    assert circles(codes) == [{"a", "b", "c"}]


# Reads the tensors of `pytorch_model.bin` and calls its own stand-ins alone; test_torch_file.py holds it to that.
ALLOW_LIST_READER = "adapters/classifiers/transformer/checkpoints/torch_pickle.py"


def test_nothing_can_read_a_pickle(project: Path) -> None:
    """No module of the project imports a pickler or lets a library use one, but for the reader with an allow-list."""
    found = {str(path.relative_to(project)): list(pickling(path.read_text("utf-8"))) for path in sources(project)}
    assert [name for name, uses in found.items() if uses] == [ALLOW_LIST_READER]
    assert len(found) > 40


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "def f():\n    from joblib import load",
        "import cloudpickle as safe",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "pandas.read_pickle(path)",
        "import_module('dill')",
        "keras.saving.load_model(path, safe_mode=False)",
    ],
)
def test_the_search_for_picklers_finds_them(code: str) -> None:
    """Each way to read a pickle is noticed."""
    assert list(pickling(code))


# import-linter does not see strings.
MAY_NAME_ADAPTERS = ["entrypoints/container.py", "entrypoints/registry.py", "entrypoints/rest/settings.py"]


def test_only_the_registry_and_the_container_name_adapters(project: Path) -> None:
    """No string in the inner layers or in an entrypoint names an adapter, but in these and Django's INSTALLED_APPS."""
    files = [path for path in sources(project) if "adapters" not in path.relative_to(project).parts]
    found = {str(path.relative_to(project)): adapter_names(path.read_text("utf-8")) for path in files}
    assert [name for name, names in found.items() if names] == MAY_NAME_ADAPTERS
    assert found["entrypoints/rest/settings.py"] == ["adapters.feedback_store.apps.FeedbackConfig"]


@pytest.mark.parametrize(
    "code",
    [
        "load('adapters.trackers.null:build')",
        "def f():\n    return import_module('adapters.' + name)",
        "load(f'adapters.trackers.{name}:build')",
        "TABLE = {'null': 'adapters.trackers.null:build'}",
    ],
)
def test_the_search_for_names_of_adapters_finds_them(code: str) -> None:
    """Each way to write such a string is noticed."""
    assert adapter_names(code)


def test_package_files_are_empty(project: Path) -> None:
    """An `__init__.py` is empty, or holds an adapter's `build` and imports nothing but the domain for it."""
    for path in (path for path in sources(project) if path.name == "__init__.py"):
        code = path.read_text("utf-8")
        tree = ast.parse(code)
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert functions in ([], ["build"]), path
        assert all(
            isinstance(node, ast.FunctionDef | ast.Expr)
            or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("domain."))
            for node in tree.body
        ), path


# What a rule forbids: a file, and the module that it must not import.
FORBIDDEN = [
    ("domain/abstract.py", "application.train"),
    ("domain/abstract.py", "numpy"),
    ("application/train.py", "adapters.trackers.null"),
    ("application/train.py", "entrypoints.container"),
    ("application/train.py", "sklearn"),
    ("application/train.py", "scipy.sparse"),
    ("application/train.py", "keras"),
    ("adapters/trackers/null.py", "application.train"),
    ("adapters/trackers/null.py", "entrypoints.container"),
    ("adapters/trackers/null.py", "adapters.classifiers.baseline.serving"),
    ("adapters/classifiers/baseline/serving.py", "adapters.classifiers.other.model"),
    ("adapters/classifiers/transformer/model.py", "adapters.classifiers.other.model"),
    ("adapters/newfamily/x.py", "adapters.trackers.null"),
    ("adapters/files/whole.py", "adapters.trackers.null"),
    ("entrypoints/cli/main.py", "adapters.trackers.null"),
    ("entrypoints/registry.py", "adapters.trackers.null"),
    ("entrypoints/rest/views.py", "adapters.trackers.null"),
    ("entrypoints/rest/views.py", "entrypoints.cli.main"),
    ("entrypoints/cli/main.py", "entrypoints.demo.app"),
    ("entrypoints/python/model.py", "entrypoints.cli.main"),
    ("entrypoints/python/model.py", "adapters.trackers.null"),
    ("entrypoints/container.py", "arxiv_classifier.own_packages"),
]
PERMITTED = [
    ("adapters/classifiers/other/model.py", "adapters.classifiers.transformer.model"),
    ("adapters/trackers/null.py", "domain.abstract"),
    ("adapters/trackers/null.py", "adapters.files.whole"),
    ("adapters/classifiers/other/model.py", "adapters.files.whole"),
    ("application/train.py", "domain.abstract"),
    ("application/train.py", "numpy"),
    ("entrypoints/cli/main.py", "entrypoints.container"),
    ("entrypoints/container.py", "adapters.trackers.null"),
    ("entrypoints/container.py", "adapters.classifiers.baseline.serving"),
    ("entrypoints/rest/views.py", "application.train"),
    ("arxiv_classifier/own_packages.py", "entrypoints.python.model"),
]


@pytest.fixture(scope="module")
def skeleton(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of empty modules under the real project's rules."""
    root = tmp_path_factory.mktemp("skeleton")
    text = (project / "pyproject.toml").read_text("utf-8")
    (root / "pyproject.toml").write_text(text[text.index("[tool.importlinter]") :], "utf-8")
    modules = {file for file, _ in FORBIDDEN + PERMITTED}
    modules |= {
        f"{module.replace('.', '/')}.py"
        for _, module in FORBIDDEN + PERMITTED
        if module.startswith((INTERFACE, *PACKAGES))
    }
    for module in modules:
        (root / module).parent.mkdir(parents=True, exist_ok=True)
        (root / module).touch()
        for folder in (root / module).parents:
            if folder != root and folder.is_relative_to(root):
                (folder / "__init__.py").touch()
    return root


# Lints a project under imports that are added to it, one set at a time; one process for all of them.
_LINT = """
import contextlib, io, json, sys
from pathlib import Path
sys.path.insert(0, ".")
from importlinter.cli import lint_imports
answers = []
for added in json.load(sys.stdin):
    for file, module in added:
        with Path(file).open("a") as code:
            code.write(f"def late():\\n    import {module}\\n")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = lint_imports(no_cache=True)
    for file, _ in added:
        Path(file).write_text("")
    answers.append([code, said.getvalue()])
print(json.dumps(answers))
"""
Added = Sequence[tuple[str, str]]


def lint(root: Path, *sets: Added) -> list[tuple[int, str]]:
    """Runs import-linter on a project, once for each set of imports that is added: exit codes and what it says."""
    command = [sys.executable, "-P", "-c", _LINT]
    run = subprocess.run(command, cwd=root, input=json.dumps(sets), capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    return [(code, said) for code, said in json.loads(run.stdout)]


@pytest.fixture(scope="module")
def linted(skeleton: Path) -> dict[tuple[str, str], tuple[int, str]]:
    """Returns import-linter's answer to each import that a rule forbids, alone in the project."""
    return dict(zip(FORBIDDEN, lint(skeleton, *([each] for each in FORBIDDEN)), strict=True))


def test_the_project_keeps_the_rules(project: Path) -> None:
    """Every import contract in pyproject.toml holds."""
    ((code, said),) = lint(project, [])
    contracts = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert code == 0, said
    assert f"Contracts: {len(contracts)} kept, 0 broken." in said


@pytest.mark.parametrize(("file", "module"), FORBIDDEN)
def test_a_forbidden_import_is_noticed(linted: dict[tuple[str, str], tuple[int, str]], file: str, module: str) -> None:
    """An import that the rules forbid breaks a contract."""
    code, said = linted[file, module]
    assert code == 1, said
    assert "BROKEN" in said


def test_permitted_imports_are_let_through(skeleton: Path) -> None:
    """All permitted imports together break no rule."""
    ((code, said),) = lint(skeleton, PERMITTED)
    assert code == 0, said
