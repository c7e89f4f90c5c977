"""An event that waits stands in no index of places: each has two entries less to write, and two less to clear away."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_origin_key_version")]
    operations = [
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(name="ledger_event_position", fields=["position"], condition=Q(position__isnull=False)),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                name="ledger_event_leaf_index", fields=["log", "leaf_index"], condition=Q(leaf_index__isnull=False)
            ),
        ),
        migrations.RemoveConstraint(model_name="event", name="ledger_event_leaf"),
        migrations.AlterField(model_name="event", name="position", field=models.BigIntegerField(null=True)),
    ]
