"""Workbooks of voluntary records, their lines and pictures."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0002_what_changed'),
        ('identity', '0004_deputies_acts_and_suspended_agencies'),
    ]

    operations = [
        migrations.CreateModel(
            name='ItemBook',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('form_id', models.CharField(max_length=80)),
                ('form_version', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=200)),
                ('times', models.IntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.enterprise')),
            ],
        ),
        migrations.CreateModel(
            name='ItemPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_key', models.CharField(max_length=200)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(blank=True, default='', max_length=40)),
                ('size', models.BigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, default='', max_length=64)),
                ('problem', models.CharField(blank=True, default='', max_length=300)),
                ('at', models.DateTimeField()),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='exchange.itembook')),
            ],
        ),
        migrations.CreateModel(
            name='ItemRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('cells', models.TextField()),
                ('faults', models.JSONField(default=list)),
                ('pictures', models.JSONField(default=list)),
                ('content', models.BinaryField(default=b'', max_length=32)),
                ('filing_id', models.UUIDField(null=True)),
                ('state', models.CharField(max_length=10)),
                ('why', models.CharField(blank=True, default='', max_length=300)),
                ('receipt', models.CharField(blank=True, default='', max_length=32)),
                ('key', models.UUIDField(null=True)),
                ('assurance', models.CharField(blank=True, default='', max_length=12)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('book', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='exchange.itembook')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
        ),
        migrations.AddIndex(
            model_name='itembook',
            index=models.Index(fields=['enterprise', 'form_id', '-created_at'], name='itembook_of_enterprise'),
        ),
        migrations.AddIndex(
            model_name='itembook',
            index=models.Index(fields=['changed_at'], name='itembook_changed'),
        ),
        migrations.AddIndex(
            model_name='itempicture',
            index=models.Index(fields=['sha256'], name='itempicture_bytes'),
        ),
        migrations.AddConstraint(
            model_name='itempicture',
            constraint=models.UniqueConstraint(fields=('book', 'name_key'), name='itempicture_once'),
        ),
        migrations.AddIndex(
            model_name='itemrow',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at', 'id'], name='itemrow_waiting'),
        ),
        migrations.AddIndex(
            model_name='itemrow',
            index=models.Index(condition=models.Q(('filing_id__isnull', False)), fields=['content'], name='itemrow_content'),
        ),
        migrations.AddIndex(
            model_name='itemrow',
            index=models.Index(condition=models.Q(('filing_id__isnull', False)), fields=['filing_id'], name='itemrow_filing'),
        ),
        migrations.AddConstraint(
            model_name='itemrow',
            constraint=models.UniqueConstraint(fields=('book', 'number'), name='itemrow_once'),
        ),
        migrations.AddConstraint(
            model_name='itemrow',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('faulty', 'drafted', 'waiting', 'submitted', 'refused'))), name='itemrow_state'),
        ),
        migrations.AddConstraint(
            model_name='itemrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waiting'), _negated=True), models.Q(('by__isnull', False), ('key__isnull', False)), _connector='OR'), name='itemrow_waits_for_somebody'),
        ),
    ]
