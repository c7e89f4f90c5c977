"""A published record that was found false is taken back by two people, as a wrong approval is."""

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a correction is about."""

    dependencies: ClassVar[list[Any]] = [("filings", "0016_submissions_change_keys_only")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("correction", "of", models.CharField(default="approval", max_length=10)),
        migrations.AddConstraint(
            "correction",
            models.CheckConstraint(condition=models.Q(("of__in", ["approval", "record"])), name="correction_of_what"),
        ),
    ]
