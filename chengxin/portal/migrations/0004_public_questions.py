"""Questions of enterprises with their answers, published because both agreed."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_watch_list")]
    operations = [
        migrations.CreateModel(
            name="PublicQuestion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("filing_id", models.UUIDField(unique=True)),
                ("topic", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=100)),
                ("text", models.TextField()),
                ("answer", models.TextField()),
                ("unit", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=["-answered_at", "-id"],
                        name="public_question_shown",
                    )
                ],
            },
        ),
    ]
