"""The first tables of access."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Password',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='identity.account')),
                ('hash', models.CharField(max_length=200)),
                ('pepper_version', models.IntegerField()),
                ('must_change', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('bucket', models.CharField(max_length=40)),
                ('key_hash', models.BinaryField(max_length=32)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['bucket', 'key_hash', 'at'], name='attempt_window'), models.Index(fields=['at'], name='attempt_sweep')],
            },
        ),
        migrations.CreateModel(
            name='Captcha',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('answer_hash', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='captcha_expires')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('image', 'audio'))), name='captcha_kind')],
            },
        ),
        migrations.CreateModel(
            name='EmailCode',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=40)),
                ('email_blind', models.BinaryField(max_length=32)),
                ('code_hash', models.BinaryField(max_length=32)),
                ('tries', models.SmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['email_blind', 'purpose', '-created_at'], name='emailcode_newest'), models.Index(fields=['expires_at'], name='emailcode_expires')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'token_hash'), name='device_once')],
            },
        ),
        migrations.CreateModel(
            name='LoginName',
            fields=[
                ('name_key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=12)),
                ('created_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account'], name='loginname_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('username', 'credit_code', 'card', 'phone'))), name='loginname_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'credit_code'), _negated=True), ('name_key__regex', '^[0-9A-HJ-NP-RTUWXY]{18}$'), _connector='OR'), name='loginname_credit_code_shape'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'username'), _negated=True), ('name_key__regex', '^[a-z][a-z0-9_.-]{3,31}$'), _connector='OR'), name='loginname_username_shape')],
            },
        ),
        migrations.CreateModel(
            name='SecretLink',
            fields=[
                ('token_hash', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=40)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'purpose'], name='secretlink_account')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('key_hash', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('epoch', models.IntegerField()),
                ('created_at', models.DateTimeField()),
                ('last_active_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_reason', models.CharField(blank=True, default='', max_length=16)),
                ('assurance', models.CharField(max_length=16)),
                ('ip_network', models.CharField(max_length=64)),
                ('device', models.BinaryField(max_length=32)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account'], name='session_account'), models.Index(fields=['created_at'], name='session_created')],
            },
        ),
    ]
