"""Damaged, tampered and foreign bundles: each is refused with a sentence that says what was found."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.model_store.filesystem import FilesystemModelStore
from domain.errors import ArxivClassifierError, CorruptModelError, IncompatibleModelError
from tests.examples import small_card
from tests.strategies import examples

Edit = Callable[[dict[str, Any]], object]


def weights(folder: Path) -> None:
    """Weights in a folder of their own."""
    (folder / "net").mkdir()
    (folder / "net" / "weights.bin").write_bytes(b"12345678")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A whole bundle's folder."""
    return FilesystemModelStore(tmp_path / "models").save(small_card(), weights).folder


def check(bundle: Path) -> None:
    """Finds the bundle by its path."""
    FilesystemModelStore(bundle.parent).find(str(bundle))


def edit(path: Path, change: Edit) -> None:
    """Rewrites a JSON file after `change` was made to it."""
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


class TestFiles:
    """The files around the manifest."""

    @pytest.mark.parametrize("name", ["net/weights.bin", "thresholds.json", "calibration.json"])
    def test_missing(self, bundle: Path, name: str) -> None:
        """A missing file is named."""
        (bundle / name).unlink()
        with pytest.raises(CorruptModelError, match=f"lacks its file {name}"):
            check(bundle)

    def test_truncated(self, bundle: Path) -> None:
        """A file of another size is named with both sizes."""
        (bundle / "net" / "weights.bin").write_bytes(b"1234")
        with pytest.raises(CorruptModelError, match=r"weights\.bin has 4 bytes where its manifest says 8"):
            check(bundle)

    @pytest.mark.parametrize("name", ["net/weights.bin", "thresholds.json", "calibration.json"])
    def test_altered(self, bundle: Path, name: str) -> None:
        """A file with one bit turned is named."""
        content = bytearray((bundle / name).read_bytes())
        content[-2] ^= 1
        (bundle / name).write_bytes(content)
        with pytest.raises(CorruptModelError, match=f"{name} was altered: its SHA-256 begins "):
            check(bundle)

    @pytest.mark.parametrize("name", ["extra.bin", "net/extra.bin", "net/manifest.txt", "other/MODEL.md"])
    def test_not_listed(self, bundle: Path, name: str) -> None:
        """A file that the manifest does not list is named, wherever it lies."""
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_bytes(b"1")
        with pytest.raises(CorruptModelError, match=f"{name} is in a model's folder, but the manifest does not list"):
            check(bundle)

    @pytest.mark.parametrize("name", ["MODEL_CARD.md", ".DS_Store", ".cache/x"])
    def test_that_do_not_matter(self, bundle: Path, name: str) -> None:
        """The card in prose and hidden files come and go without the model being another."""
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_bytes(b"1")
        check(bundle)

    def test_replaced_by_a_folder(self, bundle: Path) -> None:
        """A folder where a file should be counts as the file missing."""
        (bundle / "thresholds.json").unlink()
        (bundle / "thresholds.json").mkdir()
        with pytest.raises(CorruptModelError, match=r"lacks its file thresholds\.json"):
            check(bundle)

    def test_links_inside_are_followed(self, bundle: Path) -> None:
        """A listed file may be a link to a place inside the bundle's folder."""
        target = bundle / ".blob"
        (bundle / "net" / "weights.bin").rename(target)
        (bundle / "net" / "weights.bin").symlink_to(target)
        check(bundle)

    @pytest.mark.parametrize("linked", ["net/weights.bin", "net"])
    def test_links_out_of_the_folder(self, bundle: Path, tmp_path: Path, linked: str) -> None:
        """A file that is reached through a link out of the bundle is refused, though its content is right."""
        (bundle / linked).rename(tmp_path / "outside")
        (bundle / linked).symlink_to(tmp_path / "outside")
        with pytest.raises(CorruptModelError, match=r"lists 'net/weights\.bin', which is outside the bundle"):
            check(bundle)

    def test_a_bundle_reached_by_a_link(self, bundle: Path, tmp_path: Path) -> None:
        """The bundle's folder itself may be a link."""
        (tmp_path / "current").symlink_to(bundle)
        check(tmp_path / "current")

    def test_a_copy_elsewhere(self, bundle: Path, tmp_path: Path) -> None:
        """A bundle is whole wherever it is copied to."""
        shutil.copytree(bundle, tmp_path / "copy")
        check(tmp_path / "copy")


class TestManifest:
    """The content that manifest.json may have."""

    def test_missing(self, bundle: Path) -> None:
        """A bundle without its manifest is damaged."""
        (bundle / "manifest.json").unlink()
        with pytest.raises(CorruptModelError, match=r"lacks its file manifest\.json"):
            check(bundle)

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format_version": NaN}', b"[" * 100_000],
        ids=["empty", "half", "list", "null", "bytes", "nan", "deep"],
    )
    def test_unreadable(self, bundle: Path, content: bytes) -> None:
        """A manifest that is no JSON object is named, and the remedy is given."""
        (bundle / "manifest.json").write_bytes(content)
        with pytest.raises(CorruptModelError, match=r"manifest\.json cannot be read: .*Copy the bundle again"):
            check(bundle)

    def test_of_a_newer_format(self, bundle: Path) -> None:
        """A newer format is refused with both numbers, whatever else the manifest holds."""
        (bundle / "manifest.json").write_text('{"format_version": 3, "new": []}', "utf-8")
        with pytest.raises(IncompatibleModelError) as caught:
            check(bundle)
        assert str(caught.value) == (
            "Model format 3 is newer than this program supports (2). Upgrade the program, or retrain the model."
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda m: m.pop("kind"), "it lacks 'kind'"),
            (lambda m: m.pop("taxonomy"), "it lacks 'taxonomy'"),
            (lambda m: m.update(format_version=0), "format_version is 0"),
            (lambda m: m.update(format_version="1"), "'format_version' is a str, not a int"),
            (lambda m: m.update(seed=True), "'seed' is a bool, not a int"),
            (lambda m: m.update(version=None), "'version' is a NoneType, not a str"),
            (lambda m: m.update(files=["weights.bin"]), "'files' is a list, not a dict"),
            (lambda m: m["files"].update(extra=1), "a file's record is a int"),
            (lambda m: m["metrics"].update(test=[1]), "a split's metrics is a list"),
            (lambda m: m["metrics"].update(test={"f1": "high"}), "'high' is not a number"),
            (lambda m: m["taxonomy"].update(categories=[]), "at least one category"),
            (lambda m: m["taxonomy"]["categories"].append("cs.AI"), "a category is a str"),
            (lambda m: m["taxonomy"]["categories"][0].update(id="no category"), "is not an arXiv category"),
            (lambda m: m["taxonomy"]["categories"].append(m["taxonomy"]["categories"][0]), "lists cs.LG twice"),
        ],
    )
    def test_with_a_wrong_field(self, bundle: Path, change: Edit, said: str) -> None:
        """A field that is missing or of another type is named."""
        edit(bundle / "manifest.json", change)
        with pytest.raises(CorruptModelError, match=said):
            check(bundle)

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.update(fingerprint="0" * 64),
            lambda t: t["categories"].reverse(),
            lambda t: t["categories"].pop(),
            lambda t: t["categories"][2].update(alias=None),
        ],
        ids=["fingerprint", "order", "one fewer", "alias"],
    )
    def test_with_another_taxonomy_than_its_fingerprint(self, bundle: Path, change: Edit) -> None:
        """Columns that are not those of the training are refused: they would shift probabilities."""
        edit(bundle / "manifest.json", lambda manifest: change(manifest["taxonomy"]))
        with pytest.raises(CorruptModelError, match="categories have the fingerprint"):
            check(bundle)

    @pytest.mark.parametrize(
        "name", ["../secret", "/etc/hostname", "net/../../secret", "net/../net/weights.bin", "..", "a\0b", "\ud800"]
    )
    def test_with_a_path_out_of_the_folder(self, bundle: Path, name: str) -> None:
        """A listed path that leaves the folder, or that no file system takes, is refused before anything is opened."""
        (bundle.parent / "secret").write_bytes(b"1")
        edit(bundle / "manifest.json", lambda m: m["files"].update({name: {"size": 1, "sha256": "0" * 64}}))
        with pytest.raises(CorruptModelError, match=r"outside the bundle|cannot be read"):
            check(bundle)

    def test_with_an_absolute_path_into_the_folder(self, bundle: Path) -> None:
        """A path that would be wrong as soon as the bundle is copied is refused where it still is right."""

        def make_absolute(manifest: dict[str, Any]) -> None:
            manifest["files"][str(bundle / "net" / "weights.bin")] = manifest["files"].pop("net/weights.bin")

        edit(bundle / "manifest.json", make_absolute)
        with pytest.raises(CorruptModelError, match="outside the bundle"):
            check(bundle)

    @pytest.mark.parametrize("name", ["thresholds.json", "calibration.json"])
    def test_that_leaves_out_a_decision(self, bundle: Path, name: str) -> None:
        """Thresholds and calibration cannot be smuggled past the hashes by leaving them out of the list."""
        edit(bundle / "manifest.json", lambda m: m["files"].pop(name))
        with pytest.raises(CorruptModelError, match=f"does not list {name}"):
            check(bundle)

    def test_that_cannot_be_opened(self, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that the system refuses to read is an error with the system's reason."""

        def refuse(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(CorruptModelError, match="Permission denied"):
            check(bundle)


class TestAnyDamage:
    """Laws over arbitrary damage."""

    @examples(60)
    @given(data=st.data())
    def test_of_one_byte_never_passes_unseen(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """One byte changed in any file but the manifest is always an error of ours."""
        bundle = FilesystemModelStore(tmp_path_factory.mktemp("models")).save(small_card(), weights).folder
        name = data.draw(st.sampled_from(["net/weights.bin", "thresholds.json", "calibration.json"]))
        content = bytearray((bundle / name).read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        (bundle / name).write_bytes(content)
        with pytest.raises(CorruptModelError):
            check(bundle)

    @examples(60)
    @given(data=st.data())
    def test_of_the_manifest_is_read_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """A manifest cut or altered anywhere is either still readable or an error of ours, never another exception."""
        bundle = FilesystemModelStore(tmp_path_factory.mktemp("models")).save(small_card(), weights).folder
        content = (bundle / "manifest.json").read_bytes()
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 20)))
        inserted = data.draw(st.sampled_from([b"", b"0", b"null", b'"', b"}", b"[]", b"1e999", b"-1", b"\xff"]))
        (bundle / "manifest.json").write_bytes(content[:start] + inserted + content[end:])
        try:
            check(bundle)
        except ArxivClassifierError as error:
            assert os.fspath(bundle) in str(error) or "format" in str(error)
