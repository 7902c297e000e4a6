"""What a report on a source of papers counts and shows."""
