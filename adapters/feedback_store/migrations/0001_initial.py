"""Creates the table of feedback."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):  # type: ignore[misc]  # the library has no types
    """Creates a table with one row per feedback, numbered within its prediction."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[object]] = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prediction_id", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField()),
                ("labels", models.TextField()),
                ("title", models.TextField(null=True)),
                ("abstract", models.TextField(null=True)),
                ("source", models.CharField(max_length=100)),
                ("received", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("prediction_id", "number"), name="feedback_number_once")
                ],
            },
        ),
    ]
