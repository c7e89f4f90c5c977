"""A question of 政企交流 is a filing like any other."""

from django.db import migrations, models

KINDS = (
    *("registration", "archive", "voluntary", "import"),
    *("objection", "error_report", "impostor", "subject_change", "help", "question"),
)


class Migration(migrations.Migration):
    dependencies = [("filings", "0011_hand_overs_second_looks_phrases")]
    operations = [
        migrations.RemoveConstraint(model_name="filing", name="filing_kind_known"),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="filing_kind_known"),
        ),
    ]
