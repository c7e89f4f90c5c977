"""What administrators set for the items of voluntary registration (VOL-42)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One row an item."""

    dependencies = [("catalogue", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="ItemSetting",
            fields=[
                ("form_id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("place", models.PositiveSmallIntegerField()),
                ("opens_on", models.DateField(null=True)),
                ("closes_on", models.DateField(null=True)),
                ("level", models.CharField(blank=True, max_length=10)),
                ("shown", models.BooleanField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("closes_on__gte", models.F("opens_on"))), name="itemsetting_window"),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ("", "national", "province", "city", "county"))),
                        name="itemsetting_level",
                    ),
                ],
            },
        ),
    ]
