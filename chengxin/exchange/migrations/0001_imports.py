"""Files of imports on their way: jobs, their chunks, and lines that will not do."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('filings', '0009_help_tickets_and_account_changes'),
        ('identity', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('form_id', models.CharField(max_length=80)),
                ('form_version', models.CharField(max_length=64)),
                ('group', models.CharField(max_length=8)),
                ('name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('phase', models.CharField(default='structure', max_length=10)),
                ('wants_commit', models.BooleanField(default=False)),
                ('encoding', models.CharField(blank=True, default='', max_length=10)),
                ('header', models.JSONField(default=list)),
                ('columns', models.JSONField(default=dict)),
                ('lines', models.IntegerField(default=0)),
                ('found', models.JSONField(default=dict)),
                ('judged_on', models.DateField(null=True)),
                ('problem', models.CharField(blank=True, default='', max_length=500)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('agency', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.agency')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('filing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='filings.filing')),
            ],
        ),
        migrations.CreateModel(
            name='FaultyLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('cells', models.TextField()),
                ('faults', models.JSONField()),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faulty_lines', to='exchange.job')),
            ],
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('first_line', models.IntegerField()),
                ('lines', models.IntegerField()),
                ('offset', models.BigIntegerField()),
                ('payload', models.TextField(blank=True, default='')),
                ('expected', models.JSONField(default=dict)),
                ('judged_at', models.DateTimeField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('done_at', models.DateTimeField(null=True)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='exchange.job')),
            ],
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('phase__in', ('structure', 'rows', 'commit'))), fields=['created_at'], name='job_working'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['agency', '-created_at'], name='job_of_agency'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['form_id', 'sha256'], name='job_of_file'),
        ),
        migrations.AddConstraint(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('phase__in', ('structure', 'rows', 'commit', 'checked', 'parked', 'faulty', 'refused', 'cancelled', 'done'))), name='job_phase'),
        ),
        migrations.AddConstraint(
            model_name='faultyline',
            constraint=models.UniqueConstraint(fields=('job', 'number'), name='faulty_line_once'),
        ),
        migrations.AddIndex(
            model_name='chunk',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['job', 'number'], name='chunk_waiting'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.UniqueConstraint(fields=('job', 'number'), name='chunk_once'),
        ),
        migrations.RunSQL(
            "ALTER TABLE exchange_chunk ALTER COLUMN payload SET STORAGE EXTERNAL",
            "ALTER TABLE exchange_chunk ALTER COLUMN payload SET STORAGE EXTENDED",
        ),
    ]
