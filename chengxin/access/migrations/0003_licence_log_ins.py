"""Log-in with the electronic business licence."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_api_keys"),
        ("identity", "0005_handlers_and_proofs"),
    ]

    operations = [
        migrations.CreateModel(
            name="LicenceLogIn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("state_hash", models.BinaryField(max_length=32, unique=True)),
                ("outcome", models.CharField(default="waiting", max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=20)),
                ("nonce_hash", models.BinaryField(max_length=32, null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account"),
                ),
                (
                    "expected",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.enterprise"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="licencelogin_expires")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ("waiting", "confirmed", "refused", "failed", "opened"))),
                        name="licencelogin_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("account__isnull", False), models.Q(("outcome__in", ["confirmed", "opened"]), _negated=True), _connector="OR"
                        ),
                        name="licencelogin_confirmed_has_account",
                    ),
                ],
            },
        ),
    ]
