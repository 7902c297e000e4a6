"""Annif with an omikuji project. Run by the Python of an environment with annif[omikuji]: annif_project.py FOLDER."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import exchange  # type: ignore[import-not-found]  # beside this file, which runs in another environment

PROJECT = "[arxiv]\nname=arXiv\nlanguage=en\nbackend=omikuji\nanalyzer=snowball(english)\nvocab=arxiv\nlimit=50\n"


def main(folder: Path) -> None:
    """Trains the project on the folder's papers, and writes scores and figures."""
    place = folder / "annif"
    place.mkdir(exist_ok=True)
    os.chdir(place)
    (place / "projects.cfg").write_text(PROJECT, "utf-8")
    exchange.report(folder, lambda: _trained(folder), lambda: exchange.size(place / "data"))


def _trained(folder: Path) -> Callable[[Sequence[str]], Any]:
    import annif
    from annif.cli import cli
    from annif.corpus.types import Document
    from annif.registry import get_project, initialize_projects

    labels = exchange.labels(folder)
    uris = [f"http://arxiv.org/category/{label}" for label in labels]
    Path("vocabulary.tsv").write_text("".join(f"<{u}>\t{n}\n" for u, n in zip(uris, labels, strict=True)), "utf-8")
    lines = [
        f"{' '.join(paper['text'].split())}\t{' '.join(f'<{uris[column]}>' for column in paper['columns'])}\n"
        for paper in exchange.papers(folder, "train")
        if paper["columns"]
    ]
    Path("train.tsv").write_text("".join(lines), "utf-8")
    vocabulary = ["load-vocab", "--language", "en", "--force", "arxiv", "vocabulary.tsv"]
    for arguments in (vocabulary, ["train", "arxiv", "train.tsv"]):
        cli.main(arguments, standalone_mode=False)
    application = annif.create_flask_app()
    with application.app_context():
        initialize_projects(application)
        project = get_project("arxiv")
        order = [project.subjects.by_uri(uri) for uri in uris]

    def predict(texts: Sequence[str]) -> Any:
        with application.app_context():
            found = project.suggest([Document(" ".join(text.split())) for text in texts])
        return np.asarray(found.array.todense(), np.float32)[:, order]

    return predict


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
