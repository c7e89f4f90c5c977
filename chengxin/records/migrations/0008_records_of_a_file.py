"""How many records a file shows is counted beside its bytes; empty means: as the row of search has it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0007_change_of_code")]
    operations = [
        migrations.AddField(model_name="publicfile", name="records", field=models.IntegerField(null=True)),
    ]
