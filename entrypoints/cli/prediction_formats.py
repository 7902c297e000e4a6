"""Which format predictions are written in, and what a file's name says of it."""

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
    """The format that is asked for, or else that of the output's suffix; a table for one text without either.

    Raises ConfigurationError where the suffix says none, or where parquet, which is compressed inside, is to be
    compressed.
    """
    suffixes = [suffix.lower() for suffix in output.suffixes] if output else []
    packed = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSED else ""
    suffix = suffixes[-1] if suffixes else ""
    if format is None and for_text and suffix == "":
        return "table"
    if format is None and suffix not in _BY_SUFFIX:
        raise ConfigurationError(
            f"No output format goes with {suffix + packed!r}. Name the file .jsonl, .csv, .parquet, .jsonl.gz or the "
            "like, or say --format jsonl, csv, parquet or table."
        )
    found = format or _BY_SUFFIX[suffix]
    if found == "parquet" and packed:
        raise ConfigurationError(f"Parquet is compressed inside and not once more. Name the file without {packed}.")
    return found
