"""What MkDocs calls as it builds the site: it fills generated parts in and adds files of the repository.

A line `<!-- generated: NAME -->` in a page stands for what the function of that name in PARTS returns.
"""

import re
from collections.abc import Callable
from functools import partial

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scripts.reference.commands import commands
from scripts.reference.notebook import notebook
from scripts.reference.python import interface
from scripts.reference.repository_files import HOME, PROJECT, linked_files, place_of, with_links_of_the_site
from scripts.reference.rest import rest
from scripts.reference.settings import all_settings, api_options, arxiv_options, model_options

PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "rest": rest,
    "settings": all_settings,
    "api options": api_options,
    "arxiv options": arxiv_options,
    "baseline options": partial(model_options, "baseline"),
    "minilm options": partial(model_options, "minilm"),
    "python interface": interface,
    "notebook": notebook,
}
_MARK = re.compile(r"^<!-- generated: (?P<name>.+) -->$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds README.md as the first page, and whatever beyond docs/ pages link to."""
    for file in ("README.md", *sorted(linked_files())):
        place = place_of(file)
        if place == HOME or files.get_file_from_path(place) is None:
            files.append(File.generated(config, place, abs_src_path=str(PROJECT / file)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fills a page's generated parts in and leads its links to where the site has their files."""
    return with_links_of_the_site(filled(markdown), page.file.src_uri)


def filled(markdown: str) -> str:
    """Markdown with its generated parts in it; an unknown part is a PluginError."""
    return _MARK.sub(_part, markdown)


def _part(match: re.Match[str]) -> str:
    if match["name"] not in PARTS:
        raise PluginError(f"No part is called {match['name']!r}. Known are {', '.join(PARTS)}.")
    return PARTS[match["name"]]()
