"""Metrics of variants, shadows, the prediction log and feedback for Prometheus."""

from prometheus_client import Counter, Histogram

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS = Counter(
    "arxiv_classifier_variant_requests",
    "Requests answered by a variant, and copies that a shadow has worked on.",
    ["variant", "model", "version", "assignment"],
)
SECONDS = Histogram(
    "arxiv_classifier_variant_seconds", "Time of a variant's model for one abstract.", ["variant"], buckets=_SECONDS
)
CATEGORIES = Counter(
    "arxiv_classifier_variant_predictions",
    "Categories at or above the model's own thresholds.",
    ["variant", "category"],
)
DROPPED = Counter("arxiv_classifier_shadow_dropped", "Copies for which there was no room.", ["variant"])
FAILED = Counter("arxiv_classifier_shadow_failures", "Copies on which a shadow failed.", ["variant"])
UNLOGGED = Counter("arxiv_classifier_predictions_unlogged", "Predictions that the prediction log could not keep.")
FEEDBACK = Counter("arxiv_classifier_feedback", "Feedback taken.", ["kept"])
