"""Each life of a log has its own version of the key, whose public part is known when the key is lost (D-21, D-40)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The first life of every log was signed by the first version of its key."""

    dependencies = [("ledger", "0002_append_only")]

    operations = [
        migrations.AddField(model_name="origin", name="key_version", field=models.IntegerField(default=1, db_default=1)),
        migrations.AddField(model_name="origin", name="vkey", field=models.CharField(max_length=400, default="", db_default="")),
    ]
