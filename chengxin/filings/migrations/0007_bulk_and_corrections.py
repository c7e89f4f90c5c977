"""Bulk decisions (D-03), corrections by two people (D-03), and an inbox index that answers counts by itself."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("filings", "0006_overdue"),
        ("identity", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkDecision",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("outcome", models.CharField(max_length=12)),
                ("opinion", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.IntegerField()),
                ("effective_at", models.DateTimeField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("why", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("round", models.IntegerField()),
                ("reason", models.CharField(max_length=500)),
                ("proposed_at", models.DateTimeField()),
                ("state", models.CharField(default="proposed", max_length=10)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="filing",
            name="filing_inbox_div",
        ),
        migrations.AddIndex(
            model_name="filing",
            index=models.Index(
                condition=models.Q(("state", "submitted")),
                fields=["division_code", "due_at"],
                include=("id", "kind", "form_id", "filer"),
                name="filing_inbox_div",
            ),
        ),
        migrations.AddField(
            model_name="bulkdecision",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account"),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="bulk",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="items", to="filings.bulkdecision"),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="filing",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="filings.filing"),
        ),
        migrations.AddField(
            model_name="correction",
            name="by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account"),
        ),
        migrations.AddField(
            model_name="correction",
            name="filing",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="filings.filing"),
        ),
        migrations.AddField(
            model_name="correction",
            name="second",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.account"),
        ),
        migrations.AddIndex(
            model_name="bulkdecision",
            index=models.Index(fields=["by", "-created_at"], name="bulk_of_account"),
        ),
        migrations.AddConstraint(
            model_name="bulkdecision",
            constraint=models.CheckConstraint(condition=models.Q(("outcome__in", ["approved", "rejected"])), name="bulk_outcome"),
        ),
        migrations.AddConstraint(
            model_name="bulkdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", "approved"), models.Q(("opinion", ""), _negated=True), _connector="OR"),
                name="bulk_rejection_has_opinion",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["effective_at", "id"], name="bulk_item_due"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "done", "refused", "revoked"])), name="bulk_item_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "waiting")), fields=("filing",), name="bulk_item_waits_once"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["proposed", "confirmed", "declined"]), models.Q(("reason", ""), _negated=True)),
                name="correction_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("second__isnull", True), ("state", "proposed")),
                    models.Q(("second__isnull", False), models.Q(("state", "proposed"), _negated=True)),
                    _connector="OR",
                ),
                name="correction_settled_by_second",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("second__isnull", True), models.Q(("second", models.F("by")), _negated=True), _connector="OR"),
                name="correction_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "proposed")), fields=("filing",), name="correction_one_open"),
        ),
    ]
