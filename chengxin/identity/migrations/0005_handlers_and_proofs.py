"""The authorisation of a handler, and what was proved of an account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_deputies_acts_and_suspended_agencies"),
    ]

    operations = [
        migrations.AddField(model_name="account", name="proven", field=models.CharField(default="none", max_length=8)),
        migrations.AddField(model_name="membership", name="authorised_from", field=models.DateField(null=True)),
        migrations.AddField(model_name="membership", name="authorised_until", field=models.DateField(null=True)),
        migrations.AddField(model_name="membership", name="paper", field=models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField(model_name="membership", name="paper_media", field=models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField(model_name="membership", name="paper_name", field=models.CharField(blank=True, default="", max_length=200)),
        migrations.AddField(model_name="membership", name="paper_pages", field=models.IntegerField(default=0)),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(condition=models.Q(("paper", ""), _negated=True), fields=["paper"], name="membership_paper"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(condition=models.Q(("proven__in", ("none", "medium", "high"))), name="account_proven"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "handler"), _negated=True),
                    models.Q(
                        ("authorised_from__isnull", False),
                        ("authorised_until__gte", models.F("authorised_from")),
                        models.Q(("paper", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="membership_handler_authorised",
            ),
        ),
    ]
