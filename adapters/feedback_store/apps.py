"""The Django application that holds feedback."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):  # type: ignore[misc]  # the library has no types
    """The application's configuration. `arxiv-classifier manage migrate` creates its tables."""

    name = "adapters.feedback_store"
    label = "feedback"
    verbose_name = "Feedback"
    default_auto_field = "django.db.models.BigAutoField"
