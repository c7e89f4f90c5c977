"""The hash of an import's file, so that the same file is taken in once."""

import django.db.models.deletion
from django.db import migrations, models

TABLE = "filings_importedfile"
FORWARD = (
    f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}"
    " FOR EACH ROW EXECUTE FUNCTION filings_refuse_change()"
)
BACKWARD = f"DROP TRIGGER {TABLE}_append_only ON {TABLE}"


class Migration(migrations.Migration):
    dependencies = [("filings", "0004_pages_of_files")]

    operations = [
        migrations.CreateModel(
            name="ImportedFile",
            fields=[
                (
                    "filing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="imported_file",
                        serialize=False,
                        to="filings.filing",
                    ),
                ),
                ("form_id", models.CharField(max_length=80)),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("form_id", "sha256"), name="imported_file_once")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
