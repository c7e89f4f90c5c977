"""The inbox is found in its indexes alone, with whom each filing lies among it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("filings", "0017_corrections_of_false_records"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="filing", name="filing_inbox"),
        migrations.RemoveIndex(model_name="filing", name="filing_inbox_div"),
        migrations.AddIndex(
            model_name="filing",
            index=models.Index(
                condition=models.Q(("state", "submitted")),
                fields=["due_at", "id"],
                include=("division_code", "kind", "form_id", "filer", "handler"),
                name="filing_inbox",
            ),
        ),
        migrations.AddIndex(
            model_name="filing",
            index=models.Index(
                condition=models.Q(("state", "submitted")),
                fields=["division_code", "due_at"],
                include=("id", "kind", "form_id", "filer", "handler"),
                name="filing_inbox_div",
            ),
        ),
        migrations.AddIndex(
            model_name="waiting",
            index=models.Index(condition=models.Q(("handler__isnull", False)), fields=["form_id"], name="waiting_handled"),
        ),
    ]
