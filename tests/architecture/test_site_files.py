"""Files of the repository in the documentation site."""

import pytest

from scripts.reference.repository_files import linked_files, origin_of, place_of, with_links_of_the_site


def test_a_link_to_a_file_of_the_repository_leads_into_the_site() -> None:
    """Links that leave docs/ lead to where the site has the file, with anchors kept. Others stay."""
    text = "[a](../README.md#start) [b](../configs/base.yaml) [c](cli.md) [d](https://example.org) [e](../nosuch.md)"
    assert with_links_of_the_site(text, "data.md") == (
        "[a](index.md#start) [b](repository/configs/base.yaml) [c](cli.md) [d](https://example.org) [e](../nosuch.md)"
    )


def test_code_keeps_its_links() -> None:
    """Text that looks like a link in a block of code is unchanged."""
    block = "```sh\n[b](../configs/base.yaml)\n```"
    assert with_links_of_the_site(block, "data.md") == block


@pytest.mark.parametrize("file", ["README.md", "docs/guides/author.md", "CONTRIBUTING.md", "configs/base.yaml"])
def test_places_lead_back(file: str) -> None:
    """The file that a place in the site is made of has that place."""
    assert origin_of(place_of(file)) == file


def test_linked_files_are_found() -> None:
    """Files that pages link to are found, also through the pages that those are."""
    files = linked_files()
    assert {"CONTRIBUTING.md", "CHANGELOG.md", "artifacts/baseline/MODEL_CARD.md", "configs/baseline.yaml"} <= files
    assert "README.md" not in files


def test_an_unknown_part_ends_the_build() -> None:
    """A page that names a generated part that does not exist is an error with the known ones."""
    exceptions = pytest.importorskip("mkdocs.exceptions")
    from scripts.reference import hook

    with pytest.raises(exceptions.PluginError, match=r"'nosuch'.*settings"):
        hook.filled("text\n\n<!-- generated: nosuch -->\n")
