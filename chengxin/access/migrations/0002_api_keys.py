"""Keys for programs, by the hash of their secret."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_initial'),
        ('identity', '0004_deputies_acts_and_suspended_agencies'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('prefix', models.CharField(max_length=12)),
                ('secret_hash', models.BinaryField(max_length=32, unique=True)),
                ('submission_key', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account', '-created_at'], name='apikey_account')],
                'constraints': [models.UniqueConstraint(fields=('account', 'submission_key'), name='apikey_submitted_once')],
            },
        ),
    ]
