from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LocalRegister",
            fields=[
                ("uscc", models.CharField(max_length=18, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("type", models.CharField(max_length=80)),
                ("legal_representative", models.CharField(max_length=100)),
                ("capital_wan", models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ("capital_currency", models.CharField(default="人民币", max_length=20)),
                ("established_on", models.DateField(null=True)),
                ("term_from", models.DateField(null=True)),
                ("term_to", models.DateField(null=True)),
                ("address", models.CharField(max_length=300)),
                ("scope", models.TextField(blank=True, default="")),
                ("authority", models.CharField(max_length=100)),
                ("status", models.CharField(default="存续", max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="DemoMail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=8)),
                ("to", models.CharField(max_length=254)),
                ("subject", models.CharField(blank=True, default="", max_length=200)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["channel", "to", "-id"], name="demomail_box")],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=8)),
                ("purpose", models.CharField(max_length=64)),
                ("to_sealed", models.TextField()),
                ("to_blind", models.BinaryField(max_length=32)),
                ("template", models.CharField(max_length=64)),
                ("params", models.JSONField(default=dict)),
                ("secret_sealed", models.TextField(null=True)),
                ("secret_until", models.DateTimeField(null=True)),
                ("dedupe_key", models.CharField(max_length=200, unique=True)),
                ("state", models.CharField(default="queued", max_length=8)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "queued")), fields=["next_try_at", "id"], name="outbox_due"),
                    models.Index(condition=models.Q(("secret_sealed__isnull", False)), fields=["secret_until"], name="outbox_secret"),
                    models.Index(fields=["to_blind", "-id"], name="outbox_to"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("channel__in", ("mail", "sms"))), name="outbox_channel"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("queued", "sent", "failed", "parked", "held"))), name="outbox_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_try_at__isnull", False), ("state", "queued")),
                            models.Q(("state", "queued"), _negated=True),
                            _connector="OR",
                        ),
                        name="outbox_queued_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sent"), _negated=True),
                            models.Q(("secret_sealed__isnull", True), ("sent_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="outbox_sent_has_no_secret",
                    ),
                ],
            },
        ),
    ]
