"""Some of the versions an import changed, for a person to look at."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0001_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='chunk',
            name='changed',
            field=models.JSONField(default=list),
        ),
    ]
