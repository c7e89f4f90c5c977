"""Records that their source unit withdrew are found by their id."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_append_only'),
        ('records', '0005_marks_of_open_objections'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='version',
            index=models.Index(condition=models.Q(('end_reason', 'withdrawn')), fields=['record_id'], name='version_withdrawn'),
        ),
    ]
