"""The documents list all metrics for Prometheus."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r'"(arxiv_classifier_\w+)"')


def test_every_metric_is_documented() -> None:
    """Each metric of the REST API is named in a document of the project."""
    code = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "entrypoints" / "rest").rglob("*metrics.py")))
    documents = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md")))
    names = _NAME.findall(code)
    assert len(names) > 10
    assert [name for name in names if name not in documents] == []
