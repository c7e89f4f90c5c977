"""What the lists of forms of reviewers say is read at every inbox; hardly anybody has one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_authorisations_that_end"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="agencymembership",
            index=models.Index(condition=models.Q(("forms", []), _negated=True), fields=["until"], name="agencymembership_forms"),
        ),
    ]
