"""When a filing was noticed to be overdue, and the two rows of questions the due loop asks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("filings", "0005_imported_file")]

    operations = [
        migrations.AddField("filing", "overdue_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "filing",
            models.Index(
                fields=["due_at"],
                condition=models.Q(("overdue_at__isnull", True), ("state", "submitted")),
                name="filing_falls_due",
            ),
        ),
        migrations.AddIndex(
            "filing",
            models.Index(
                fields=["id"],
                condition=models.Q(("due_provisional", True), ("state", "submitted")),
                name="filing_due_provisional",
            ),
        ),
    ]
