"""Checkpoints opened from folders and from the hub's cache; nothing is downloaded."""

import shutil
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
from domain.errors import ConfigurationError, InvalidInputError, MissingPackageError
from tests.checkpoints import Form, config_values, random_tensors, write_checkpoint, write_weights

forms = pytest.mark.parametrize("form", ["safetensors", "torch_zip", "torch_legacy"])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, without a network; its package reads the environment once, when imported."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def snapshot(cache: Path, hub_id: str) -> Path:
    """Where the hub's cache has the files of a repository's only revision."""
    repository = cache / f"models--{hub_id.replace('/', '--')}"
    revision = "0123456789abcdef0123456789abcdef01234567"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision, encoding="utf-8")
    return repository / "snapshots" / revision


class FakeHub:
    """Stands for the hub's download: copies the files that are asked for from a folder."""

    def __init__(self, remote: Path, local: Path) -> None:
        self._remote, self._local = remote, local

    def __call__(self, _hub_id: str, *, allow_patterns: Sequence[str] = (), local_files_only: bool = False) -> str:
        """Copies, and says where to."""
        if local_files_only:
            raise FileNotFoundError("nothing is in the cache")
        self._local.mkdir(parents=True, exist_ok=True)
        for path in self._remote.iterdir():
            if any(fnmatch(path.name, pattern) for pattern in allow_patterns):
                shutil.copy(path, self._local)
        return str(self._local)


@forms
@pytest.mark.parametrize("prefix", ["", "bert."])
def test_opens_a_folder(tmp_path: Path, form: Form, prefix: str) -> None:
    """Whatever its form, a folder's configuration and tensors are there under BertModel's names."""
    folder = write_checkpoint(tmp_path / "tiny", form=form, prefix=prefix, num_hidden_layers=1)
    checkpoint = open_checkpoint(str(folder))
    expected = random_tensors(config_values(num_hidden_layers=1), prefix="")
    del expected["embeddings.position_ids"]
    assert (checkpoint.reference, checkpoint.folder) == (str(folder), folder)
    assert checkpoint.config.num_hidden_layers == 1
    assert checkpoint.tensors.keys() == expected.keys()
    for name, tensor in checkpoint.tensors.items():
        np.testing.assert_array_equal(tensor, expected[name], strict=True)


def test_opens_a_folder_under_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde stands for the home folder, where no shell has replaced it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_checkpoint(tmp_path / "tiny", pooler=False)
    assert "pooler.dense.bias" not in open_checkpoint("~/tiny").tensors


@forms
def test_opens_what_the_cache_has(cache: Path, monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    """A checkpoint in the hub's cache is opened without asking the network."""
    library = pytest.importorskip("huggingface_hub")
    real = library.snapshot_download

    def only_local(hub_id: str, *, local_files_only: bool = False) -> str:
        assert local_files_only
        return str(real(hub_id, local_files_only=True))

    monkeypatch.setattr(library, "snapshot_download", only_local)
    folder = write_checkpoint(snapshot(cache, "some-org/tiny"), form=form)
    checkpoint = open_checkpoint("some-org/tiny")
    assert (checkpoint.reference, checkpoint.folder) == ("some-org/tiny", folder)
    assert len(checkpoint.tensors) == 39


@pytest.mark.parametrize("lacking", ["model.safetensors", "vocab.txt", "config.json"])
def test_part_of_a_checkpoint_is_not_enough(cache: Path, lacking: str) -> None:
    """Without a network, the error of a cache with part of a checkpoint lists the missing files."""
    (write_checkpoint(snapshot(cache, "some-org/part")) / lacking).unlink()
    with pytest.raises(ConfigurationError, match=f"it lacks {lacking}"):
        open_checkpoint("some-org/part")


def test_says_how_to_download_ahead(cache: Path) -> None:
    """Without a network, the error says where the cache is, what to run elsewhere and what to give then."""
    with pytest.raises(ConfigurationError) as caught:
        open_checkpoint("some-org/missing")
    for part in (str(cache), "HF_HOME", "`hf download some-org/missing --local-dir DIR`", "`--checkpoint DIR`"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("forms_there", "fetched"),
    [
        (["safetensors", "torch_zip"], "model.safetensors"),
        (["safetensors"], "model.safetensors"),
        (["torch_zip"], "pytorch_model.bin"),
    ],
)
def test_downloads_what_it_reads(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forms_there: list[Form], fetched: str
) -> None:
    """Of a repository only what is read is fetched: pytorch_model.bin only where there is no model.safetensors."""
    library, folder = pytest.importorskip("huggingface_hub"), snapshot(cache, "some-org/tiny")
    for form in forms_there:
        write_checkpoint(tmp_path / "remote", form=form)
    (tmp_path / "remote" / "tf_model.h5").touch()
    monkeypatch.setattr(library, "snapshot_download", FakeHub(tmp_path / "remote", folder))
    assert open_checkpoint("some-org/tiny").config.hidden_size == 32
    files = {path.name for path in folder.iterdir()}
    assert files == {"config.json", "vocab.txt", "tokenizer_config.json", fetched}


def test_says_whose_tensor_is_wrong(tmp_path: Path) -> None:
    """A tensor that lacks is named together with the folder of the checkpoint."""
    folder = write_checkpoint(tmp_path / "tiny")
    write_weights(folder, {"embeddings.word_embeddings.weight": np.zeros((3, 3), np.float32)})
    with pytest.raises(InvalidInputError, match=r"tiny cannot be used\. .*tensor 'embeddings\.word_embeddings"):
        open_checkpoint(str(folder))


def test_says_how_to_install_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the hub's package, the error gives the command that installs it."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPackageError, match="comes with the extra hub"):
        open_checkpoint("some-org/tiny")


@pytest.mark.parametrize(
    "reference", ["./tiny", "/no/such/tiny", "models/of/tiny", "tiny", "~/no-such-folder", "a/", ""]
)
def test_refuses_paths_that_do_not_exist(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that does not exist is an error, and no request is sent to the hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InvalidInputError):
        open_checkpoint(reference)


def test_refuses_a_file(tmp_path: Path) -> None:
    """A file of a checkpoint stands not for its folder."""
    folder = write_checkpoint(tmp_path / "tiny")
    with pytest.raises(InvalidInputError, match=r"is a file\. Give the folder"):
        open_checkpoint(str(folder / "model.safetensors"))
