"""The table of feedback; Django looks for a module of this name."""

from django.db import models


class Revision(models.Model):  # type: ignore[misc]  # the library has no types
    """One feedback of a prediction; the one of the highest number holds, the others are its history.

    Two processes that write the same number collide, and the later tries again with the next.
    """

    prediction_id = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    labels = models.TextField()  # categories with spaces between them
    title = models.TextField(null=True)
    abstract = models.TextField(null=True)
    source = models.CharField(max_length=100)
    received = models.DateTimeField()

    class Meta:
        """Once each number, which also finds the revisions of a prediction."""

        constraints = (models.UniqueConstraint(fields=["prediction_id", "number"], name="feedback_number_once"),)

    def __str__(self) -> str:
        return f"{self.prediction_id} #{self.number}: {self.labels}"
