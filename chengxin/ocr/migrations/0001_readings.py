"""Text read from proof pictures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("filings", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "attachment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="filings.attachment",
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("media_type", models.CharField(max_length=60)),
                ("state", models.CharField(default="waiting", max_length=8)),
                ("tries", models.SmallIntegerField(default=0)),
                ("taken_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("lines", models.TextField(blank=True, default="")),
                ("filing", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="filings.filing")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "waiting")), fields=["attachment"], name="ocr_reading_waits")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ("waiting", "read", "failed"))), name="ocr_reading_state")
                ],
            },
        ),
    ]
