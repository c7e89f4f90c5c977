"""How many pages a file has, for those who look at it page by page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("filings", "0003_replaced_files")]

    operations = [migrations.AddField(model_name="attachment", name="pages", field=models.SmallIntegerField(default=1))]
