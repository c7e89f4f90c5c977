"""A line of a workbook that is near to, or held as, something else waits for a person's word."""

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a line asks, and what was decided."""

    dependencies: ClassVar[list[Any]] = [("exchange", "0003_workbooks_of_items")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("itemrow", "asks", models.CharField(blank=True, default="", max_length=20)),
        migrations.AddField("itemrow", "though", models.JSONField(default=list)),
    ]
