"""The table of feedback, in a module whose name Django prescribes."""

from django.db import models


class Revision(models.Model):  # type: ignore[misc]  # the library has no types
    """One feedback on a prediction. The one with the highest number is current, the others are its history.

    If two processes write the same number, the later one tries again with the next.
    """

    prediction_id = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    labels = models.TextField()  # categories with spaces between them
    title = models.TextField(null=True)
    abstract = models.TextField(null=True)
    source = models.CharField(max_length=100)
    received = models.DateTimeField()

    class Meta:
        """Makes each number unique within its prediction, with an index that also finds a prediction's revisions."""

        constraints = (models.UniqueConstraint(fields=["prediction_id", "number"], name="feedback_number_once"),)

    def __str__(self) -> str:
        return f"{self.prediction_id} #{self.number}: {self.labels}"
