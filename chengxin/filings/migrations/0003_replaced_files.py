"""Files of an earlier round stay with the decision that was made on them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("filings", "0002_append_only")]

    operations = [
        migrations.RemoveConstraint(model_name="attachment", name="attachment_state"),
        migrations.RemoveConstraint(model_name="attachment", name="attachment_once"),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["staged", "bound", "replaced", "dropped"])), name="attachment_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["staged", "bound"])), fields=("filing", "path", "sha256"), name="attachment_once"
            ),
        ),
    ]
