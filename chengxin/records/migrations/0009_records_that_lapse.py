"""Records whose term of publicity is over are found by their day: whoever looks each second reads none of the others."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_append_only'),
        ('records', '0008_records_of_a_file'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='version',
            index=models.Index(
                condition=models.Q(('ended_at__isnull', True), ('fragment__isnull', False), ('publicity_until__isnull', False)),
                fields=['publicity_until'],
                name='version_lapses',
            ),
        ),
    ]
