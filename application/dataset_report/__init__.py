"""The counts and the content of a report on a source of papers."""
