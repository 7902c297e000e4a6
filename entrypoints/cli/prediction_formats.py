"""The formats of predictions, and the format that a file's name implies."""

from pathlib import Path

from domain.errors import ConfigurationError

FORMATS = ("table", "jsonl", "csv", "parquet")
COMPRESSED = (".gz", ".zst")
_BY_SUFFIX = {
    "": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of_output(output: Path | None, format: str | None, *, for_text: bool) -> str:
    """Returns the given format, or else that of the output's suffix, or else a table for one text.

    Raises ConfigurationError for an unknown suffix, and for compressed parquet, which is already compressed inside.
    """
    suffixes = [suffix.lower() for suffix in output.suffixes] if output else []
    packed = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSED else ""
    suffix = suffixes[-1] if suffixes else ""
    if format is None and for_text and suffix == "":
        return "table"
    if format is None and suffix not in _BY_SUFFIX:
        raise ConfigurationError(
            f"No output format goes with {suffix + packed!r}. Name the file .jsonl, .csv, .parquet, .jsonl.gz or the "
            "like, or give --format jsonl, csv, parquet or table."
        )
    found = format or _BY_SUFFIX[suffix]
    if found == "parquet" and packed:
        raise ConfigurationError(f"Parquet is already compressed inside. Name the file without {packed}.")
    return found
