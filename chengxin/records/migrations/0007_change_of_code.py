"""What happened to one code since a position: for the digests of the watch list."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0006_withdrawn_records'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['uscc', '-position'], name='change_of_code'),
        ),
    ]
