"""A report of misconduct and a complaint or suggestion are filings like any other (VOL-41)."""

from django.db import migrations, models

KINDS = (
    *("registration", "archive", "voluntary", "import"),
    *("objection", "error_report", "impostor", "subject_change", "help", "question", "tipoff", "suggestion"),
)


class Migration(migrations.Migration):
    dependencies = [("filings", "0013_decisions_by_moment")]
    operations = [
        migrations.RemoveConstraint(model_name="filing", name="filing_kind_known"),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="filing_kind_known"),
        ),
    ]
