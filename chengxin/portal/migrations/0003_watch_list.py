"""The watch list: who is told once a day, and of whom (我的关注)."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0004_deputies_acts_and_suspended_agencies'),
        ('portal', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watcher',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('email_sealed', models.TextField(blank=True, default='')),
                ('email_blind', models.BinaryField(max_length=32, null=True, unique=True)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('token_sealed', models.TextField()),
                ('position', models.BigIntegerField(default=0)),
                ('told_on', models.DateField()),
                ('created_at', models.DateTimeField()),
                ('account', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uscc', models.CharField(max_length=18)),
                ('confirm_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('watcher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='portal.watcher')),
            ],
        ),
        migrations.AddIndex(
            model_name='watcher',
            index=models.Index(fields=['told_on', 'id'], name='watcher_due'),
        ),
        migrations.AddConstraint(
            model_name='watcher',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', True), ('email_blind__isnull', False), models.Q(('email_sealed', ''), _negated=True)), models.Q(('account__isnull', False), ('email_blind__isnull', True), ('email_sealed', '')), _connector='OR'), name='watcher_is_mailbox_or_account'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(condition=models.Q(('confirmed_at__isnull', True)), fields=['created_at'], name='watch_unconfirmed'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(fields=('watcher', 'uscc'), name='watch_once'),
        ),
    ]
