"""Voluntary records: their fingerprints, revisions, deletion, and requests to take them down."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = (
    *("registration", "archive", "voluntary", "import"),
    *("objection", "error_report", "impostor", "subject_change", "help", "question", "tipoff", "suggestion", "takedown"),
)
STATES = ("draft", "submitted", "approved", "rejected", "withdrawn", "ended", "superseded", "closed", "deleted")
UNDECIDED = ("draft", "submitted", "rejected", "withdrawn")
FORWARD = """
CREATE FUNCTION filings_keep_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE filings_fingerprint SET standing = NEW.state IN ('submitted', 'approved') WHERE filing_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER filings_standing AFTER UPDATE OF state ON filings_filing
    FOR EACH ROW WHEN (NEW.kind = 'voluntary' AND OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION filings_keep_standing();
"""
BACKWARD = """
DROP TRIGGER filings_standing ON filings_filing;
DROP FUNCTION filings_keep_standing();
"""


class Migration(migrations.Migration):
    dependencies = [("filings", "0014_tipoffs_and_suggestions"), ("identity", "0002_append_only")]
    operations = [
        migrations.RemoveConstraint(model_name="filing", name="filing_kind_known"),
        migrations.RemoveConstraint(model_name="filing", name="filing_state_known"),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="filing_kind_known"),
        ),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="filing_state_known"),
        ),
        migrations.AddField(
            model_name="filing",
            name="revises",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="filings.filing",
            ),
        ),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", UNDECIDED)), fields=("revises",), name="filing_one_revision"
            ),
        ),
        migrations.CreateModel(
            name="Fingerprint",
            fields=[
                (
                    "filing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="fingerprint",
                        serialize=False,
                        to="filings.filing",
                    ),
                ),
                ("form_id", models.CharField(max_length=80)),
                ("whole", models.BinaryField(max_length=32)),
                ("near", models.BinaryField(max_length=32)),
                ("standing", models.BooleanField(default=True)),
                (
                    "enterprise",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.enterprise",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("standing", True)),
                        fields=["enterprise", "form_id", "near"],
                        name="fingerprint_near",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("standing", True)),
                        fields=("enterprise", "form_id", "whole"),
                        name="fingerprint_stands_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
