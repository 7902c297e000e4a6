"""Files of the repository that pages link to: they go into the site, and links lead to them there."""

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FOLDER = "repository"
HOME = "index.md"  # is README.md
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s#]+)((?:#[^)\s]*)?(?:\s+\"[^\"]*\")?\))")
_FENCE = re.compile(r"^```.*?^```[^\S\n]*$", re.MULTILINE | re.DOTALL)


def linked_files() -> set[str]:
    """The paths, from the project's root, of files beyond docs/ that pages link to, directly or through one another."""
    found: set[str] = set()
    waiting = ["README.md", *(str(page.relative_to(PROJECT)) for page in (PROJECT / "docs").rglob("*.md"))]
    while waiting:
        page = waiting.pop()
        for target in _targets(page):
            if target not in found and not _in_site(target) and (PROJECT / target).is_file():
                found.add(target)
                waiting += [target] if target.endswith(".md") else []
    return found


def with_links_of_the_site(text: str, page: str) -> str:
    """A page's Markdown with each link to a file of the repository led to that file's place in the site.

    `page` is the page's own place in the site.
    """
    origin = origin_of(page)

    def led(match: re.Match[str]) -> str:
        place = _place(match[2], origin)
        return f"{match[1]}{posixpath.relpath(place, posixpath.dirname(page) or '.')}{match[3]}" if place else match[0]

    return _outside_code(text, lambda part: _LINK.sub(led, part))


def origin_of(page: str) -> str:
    """Which file of the repository a page of the site is made of."""
    if page == HOME:
        return "README.md"
    return page.removeprefix(f"{FOLDER}/") if page.startswith(f"{FOLDER}/") else f"docs/{page}"


def place_of(file: str) -> str:
    """Where a file of the repository is in the site."""
    if file == "README.md":
        return HOME
    return file.removeprefix("docs/") if file.startswith("docs/") else f"{FOLDER}/{file}"


def _place(target: str, origin: str) -> str | None:
    """The address in the site of the file that a link names, or None if the repository has no such file."""
    if re.match(r"[a-z]+:", target):
        return None
    file = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    return place_of(file) if (PROJECT / file).is_file() else None


def _targets(page: str) -> Iterator[str]:
    text = _FENCE.sub("", (PROJECT / page).read_text("utf-8"))
    for match in _LINK.finditer(text):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(page), match[2]))


def _in_site(file: str) -> bool:
    return file == "README.md" or file.startswith("docs/")


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    kept, at = [], 0
    for block in _FENCE.finditer(text):
        kept += [change(text[at : block.start()]), block[0]]
        at = block.end()
    return "".join([*kept, change(text[at:])])
