"""Finding adapters by their kind."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints import registry, resources
from tests.architecture.sources import adapter_names

# What needs Django's settings, Optuna or MLflow is loaded by the tests of its own.
_LOADED_ELSEWHERE = ("adapters.feedback_store.", "adapters.sweepers.", "adapters.registry.mlflow")
TARGETS = [
    target
    for target in adapter_names(Path(registry.__file__).read_text("utf-8"))
    if not target.startswith(_LOADED_ELSEWHERE)
]


@pytest.mark.parametrize("target", TARGETS)
def test_every_registered_adapter_is_there(target: str) -> None:
    """Each line of the registry names something that can be called."""
    assert callable(registry.load(target))


def test_an_unknown_kind_lists_the_known_ones() -> None:
    """An unregistered kind is an error with the registered ones."""
    with pytest.raises(ConfigurationError, match=r"There is no tracker 'x'\. Known are: mlflow, null, ten"):
        registry.find(registry.TRACKERS, "x", what="tracker")


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("tensorflow.keras", "uv sync --inexact --extra train"),
        ("usearch.index", "uv sync --inexact --extra similar"),
        ("wandb", "uv sync --inexact --extra wandb"),
        ("zstandard", "pip install .*zstandard"),
    ],
)
def test_a_missing_package_names_the_command_that_installs_it(package: str, command: str) -> None:
    """A package that is not installed is a ConfigurationError with the extra that brings it."""
    error = registry.missing_package(ModuleNotFoundError("no", name=package))
    assert isinstance(error, ConfigurationError)
    with pytest.raises(ConfigurationError, match=command):
        raise error


def test_a_missing_module_of_ours_is_no_missing_package() -> None:
    """A programmer's mistake is not sold as a package to install."""
    error = ModuleNotFoundError("no", name="adapters.nowhere")
    assert registry.missing_package(error) is error


def test_a_missing_extra_is_noticed_on_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading an adapter whose library is absent says what to install."""
    (tmp_path / "needs_wandb.py").write_text("import wandb\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(ConfigurationError, match="uv sync --inexact --extra wandb"):
        registry.load("needs_wandb:anything")


def test_resources_of_a_checkout_are_at_its_root() -> None:
    """In a checkout, configs lie beside the packages."""
    assert resources.configs() == Path(import_module("domain").__path__[0]).parent / "configs"
    assert (resources.configs() / "base.yaml").is_file()


def test_resources_of_a_wheel_are_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an installed wheel, configs and the default model lie in the package."""
    shipped = [_shipped(tmp_path / "artifacts" / kind) for kind in ("baseline", "ensemble")]
    monkeypatch.setattr(resources, "_BUNDLED", tmp_path)
    assert resources.configs() == tmp_path / "configs"
    assert resources.bundled_models() == tuple(shipped)


def test_a_folder_without_a_bundle_is_no_bundled_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that hold trained versions or reports are not shipped models, but a bundle that lost a file is one."""
    _shipped(tmp_path / "artifacts" / "minilm" / "20261120T101112Z")
    (tmp_path / "artifacts" / "evaluation").mkdir()
    damaged = _shipped(tmp_path / "artifacts" / "baseline")
    (damaged / "manifest.json").unlink()
    monkeypatch.setattr(resources, "_BUNDLED", tmp_path)
    assert resources.bundled_models() == (damaged,)


def test_no_bundled_models_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no model is shipped, there is none rather than a folder that is not there."""
    monkeypatch.setattr(resources, "_BUNDLED", tmp_path)
    assert resources.bundled_models() == ()


def _shipped(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("manifest.json", "thresholds.json"):
        (folder / name).write_text("{}")
    return folder


def test_the_container_is_built_without_its_optional_integrations() -> None:
    """dependency-injector imports neither pydantic nor a web framework, and they can be imported afterwards."""
    code = (
        "import sys; import entrypoints.container;"
        "assert not {'pydantic', 'pydantic_settings', 'fastapi', 'starlette', 'werkzeug'} & set(sys.modules);"
        "from pydantic_settings import BaseSettings; assert BaseSettings.model_config is not None"
    )
    root = Path(import_module("domain").__path__[0]).parent
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=root)
