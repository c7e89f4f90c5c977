"""Former names of subjects and the end of their registration, with day and source (D-10)."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="SubjectFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("on", models.DateField()),
                ("source", models.CharField(blank=True, default="", max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "enterprise",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.enterprise"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["enterprise"], name="subjectfact_enterprise")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=("former_name", "deregistered", "revoked")), name="subjectfact_kind"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(kind="former_name", _negated=True), fields=("enterprise",), name="subjectfact_one_end"
                    ),
                ],
            },
        ),
    ]
