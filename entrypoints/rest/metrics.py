"""Metrics for Prometheus, summed over all worker processes if PROMETHEUS_MULTIPROC_DIR names their folder."""

import os
from functools import lru_cache
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

REQUESTS = Counter("arxiv_classifier_requests", "Requests answered.", ["method", "route", "status"])
LATENCY = Histogram("arxiv_classifier_request_seconds", "Time from request to answer.", ["route"], buckets=_SECONDS)
BATCHES = Histogram("arxiv_classifier_batch_abstracts", "Abstracts in a request.", ["route"], buckets=_SIZES)
PREDICTIONS = Counter("arxiv_classifier_predictions", "Categories given.", ["model", "category"])
REFUSALS = Counter("arxiv_classifier_models_refused", "Attempts that loaded no model.", ["model"])
MODELS = Counter("arxiv_classifier_model_requests", "Requests answered by a model.", ["model", "version"])

CONTENT_TYPE = CONTENT_TYPE_LATEST


@lru_cache(1 << 12)
def labelled(metric: Any, *labels: str) -> Any:
    """Returns the child of a metric with these labels, without the library's check and look-up under a lock."""
    return metric.labels(*labels)


def exposition() -> bytes:
    """Returns all metrics in Prometheus' text format."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own has no types
    return generate_latest(registry)
