"""Entries of the help centre are pages of content too; each stands in one place."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = ("notice", "policy", "news", "download", "help")


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_public_questions")]
    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="place",
                        serialize=False,
                        to="portal.item",
                    ),
                ),
                ("entry", models.CharField(max_length=40, unique=True)),
                ("topic", models.CharField(max_length=40)),
            ],
        ),
        migrations.RemoveConstraint(model_name="item", name="item_kind_known"),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="item_kind_known"),
        ),
    ]
