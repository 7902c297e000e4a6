"""The metadata in parquet files of predictions: what they were made with."""

import json
from collections.abc import Mapping

from entrypoints.version import program_version


def policy_record(
    *, threshold: float | None, top_k: int, policy: str | None, coverage: float | None
) -> dict[str, object]:
    """Returns the choice of categories. A policy or coverage appears if named; earlier versions recorded neither."""
    other = {"policy": policy, "coverage": coverage}
    return {
        "threshold": threshold,
        "top_k": top_k,
        **{name: value for name, value in other.items() if value is not None},
    }


def file_metadata(model: str, digest: str, policy: Mapping[str, object], command: str) -> dict[str, str]:
    """Returns the metadata of a file. `model` is `kind/version`, and `digest` the hash of its manifest."""
    kind, _, version = model.partition("/")
    return {
        "model": model,
        "model_kind": kind,
        "model_version": version,
        "model_digest": digest,
        "policy": json.dumps(policy),
        "command": command,
        "program": f"arxiv-classifier {program_version()}",
    }
