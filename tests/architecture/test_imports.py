"""Who may import whom, and that the rules would notice."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, imported_packages, pickling, sources

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


# Reads the tensors of `pytorch_model.bin` and calls its own stand-ins alone; test_torch_file.py holds it to that.
ALLOW_LIST_READER = "adapters/classifiers/transformer/torch_pickle.py"


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
    ("entrypoints/cli/main.py", "adapters.trackers.null"),
    ("entrypoints/registry.py", "adapters.trackers.null"),
    ("entrypoints/rest/views.py", "adapters.trackers.null"),
    ("entrypoints/rest/views.py", "entrypoints.cli.main"),
    ("entrypoints/cli/main.py", "entrypoints.demo.app"),
]
PERMITTED = [
    ("adapters/classifiers/other/model.py", "adapters.classifiers.transformer.model"),
    ("adapters/trackers/null.py", "domain.abstract"),
    ("application/train.py", "domain.abstract"),
    ("application/train.py", "numpy"),
    ("entrypoints/cli/main.py", "entrypoints.container"),
    ("entrypoints/container.py", "adapters.trackers.null"),
    ("entrypoints/container.py", "adapters.classifiers.baseline.serving"),
    ("entrypoints/rest/views.py", "application.train"),
]


@pytest.fixture(scope="module")
def skeleton(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of empty modules under the real project's rules."""
    root = tmp_path_factory.mktemp("skeleton")
    text = (project / "pyproject.toml").read_text("utf-8")
    (root / "pyproject.toml").write_text(text[text.index("[tool.importlinter]") :], "utf-8")
    modules = {file for file, _ in FORBIDDEN + PERMITTED}
    modules |= {f"{module.replace('.', '/')}.py" for _, module in FORBIDDEN + PERMITTED if module.startswith(PACKAGES)}
    for module in modules:
        (root / module).parent.mkdir(parents=True, exist_ok=True)
        (root / module).touch()
        for folder in (root / module).parents:
            if folder != root and folder.is_relative_to(root):
                (folder / "__init__.py").touch()
    return root


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on a project."""
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as lint; lint()"
    command = [sys.executable, "-P", "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100)


def test_the_project_keeps_the_rules(project: Path) -> None:
    """Every import contract in pyproject.toml holds."""
    run = lint(project)
    contracts = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert run.returncode == 0, run.stdout
    assert f"Contracts: {len(contracts)} kept, 0 broken." in run.stdout


@pytest.mark.parametrize(("file", "module"), FORBIDDEN)
def test_a_forbidden_import_is_noticed(skeleton: Path, file: str, module: str) -> None:
    """An import that the rules forbid breaks a contract."""
    (skeleton / file).write_text(f"def late():\n    import {module}\n", "utf-8")
    run = lint(skeleton)
    (skeleton / file).write_text("", "utf-8")
    assert run.returncode == 1, run.stdout
    assert "BROKEN" in run.stdout


def test_permitted_imports_are_let_through(skeleton: Path) -> None:
    """What the rules permit breaks none, in one project with all of it."""
    for file, module in PERMITTED:
        with (skeleton / file).open("a", encoding="utf-8") as code:
            code.write(f"import {module}\n")
    run = lint(skeleton)
    for file, _ in PERMITTED:
        (skeleton / file).write_text("", "utf-8")
    assert run.returncode == 0, run.stdout
