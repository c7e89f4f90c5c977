"""Handlers and enterprises are told once that an authorisation ends."""

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """When it was told, and the untold ones by their last day."""

    dependencies: ClassVar[list[Any]] = [("identity", "0005_handlers_and_proofs")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("membership", "told_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "membership",
            models.Index(
                fields=["authorised_until"],
                condition=models.Q(("role", "handler"), ("told_at__isnull", True), ("until__isnull", True)),
                name="membership_ending",
            ),
        ),
    ]
