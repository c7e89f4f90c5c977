"""The first tables of identity."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DivisionLoad',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='WorkDay',
            fields=[
                ('date', models.DateField(primary_key=True, serialize=False)),
                ('is_workday', models.BooleanField()),
                ('name', models.CharField(blank=True, default='', max_length=40)),
                ('source', models.CharField(max_length=200)),
                ('provisional', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='AccessLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('who', models.CharField(max_length=64)),
                ('what', models.CharField(max_length=40)),
                ('subject', models.CharField(max_length=64)),
                ('purpose', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['subject', '-id'], name='accesslog_subject')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('state', models.CharField(default='pending', max_length=10)),
                ('display_name', models.CharField(blank=True, default='', max_length=200)),
                ('email_sealed', models.TextField(blank=True, default='')),
                ('email_blind', models.BinaryField(max_length=32, null=True)),
                ('email_verified_at', models.DateTimeField(null=True)),
                ('phone_sealed', models.TextField(blank=True, default='')),
                ('phone_blind', models.BinaryField(max_length=32, null=True)),
                ('session_epoch', models.IntegerField(default=1)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['email_blind'], name='account_email'), models.Index(fields=['phone_blind'], name='account_phone')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('enterprise', 'agency', 'system'))), name='account_kind'), models.CheckConstraint(condition=models.Q(('state__in', ('pending', 'active', 'suspended', 'closed'))), name='account_state')],
            },
        ),
        migrations.CreateModel(
            name='Division',
            fields=[
                ('code', models.CharField(max_length=6, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('level', models.SmallIntegerField()),
                ('retired', models.BooleanField(default=False)),
                ('sort', models.IntegerField(default=0)),
                ('above', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.division')),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.division')),
                ('successor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.division')),
            ],
        ),
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(default='commerce', max_length=10)),
                ('level', models.CharField(max_length=10)),
                ('created_at', models.DateTimeField()),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.agency')),
                ('division', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.division')),
            ],
        ),
        migrations.CreateModel(
            name='Enterprise',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('uscc', models.CharField(max_length=18)),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('name_key', models.CharField(blank=True, default='', max_length=200)),
                ('state', models.CharField(default='known', max_length=8)),
                ('kind', models.CharField(max_length=2)),
                ('claimed', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('division', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.division')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=16)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('enterprise', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.enterprise')),
            ],
        ),
        migrations.CreateModel(
            name='AgencyMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), size=None)),
                ('forms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), default=list, size=None)),
                ('absent_from', models.DateTimeField(null=True)),
                ('absent_to', models.DateTimeField(null=True)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.agency')),
            ],
            options={
                'indexes': [models.Index(fields=['agency'], name='agencymembership_agency')],
                'constraints': [models.CheckConstraint(condition=models.Q(('roles__contained_by', ['audit_admin', 'security_admin', 'system_admin', 'editor', 'helpdesk', 'importer', 'reviewer', 'supervisor'])), name='agencymembership_roles'), models.CheckConstraint(condition=models.Q(('roles__len__gte', 1)), name='agencymembership_some_role'), models.CheckConstraint(condition=models.Q(models.Q(('roles__overlap', ['audit_admin', 'security_admin', 'system_admin']), _negated=True), ('roles__len', 1), _connector='OR'), name='agencymembership_exclusive_roles'), models.CheckConstraint(condition=models.Q(('absent_to__isnull', True), models.Q(('absent_from__isnull', False), ('absent_to__gte', models.F('absent_from'))), _connector='OR'), name='agencymembership_absence'), models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('account',), name='agencymembership_one_per_account')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.CharField(max_length=60)),
                ('version', models.CharField(max_length=64)),
                ('given', models.BooleanField(default=True)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.account')),
            ],
            options={
                'indexes': [models.Index(fields=['account', 'document', '-id'], name='consent_newest')],
            },
        ),
        migrations.AddConstraint(
            model_name='division',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{6}$')), name='division_code_shape'),
        ),
        migrations.AddConstraint(
            model_name='division',
            constraint=models.CheckConstraint(condition=models.Q(('level__gte', 1), ('level__lte', 3)), name='division_level'),
        ),
        migrations.AddConstraint(
            model_name='division',
            constraint=models.CheckConstraint(condition=models.Q(('successor__isnull', True), ('retired', True), _connector='OR'), name='division_successor_if_retired'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('commerce', 'source', 'service'))), name='agency_kind'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('level__in', ('national', 'province', 'city', 'county'))), name='agency_level'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('division__isnull', True), ('level', 'national')), models.Q(models.Q(('level', 'national'), _negated=True), ('division__isnull', False)), _connector='OR'), name='agency_division_unless_national'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.CheckConstraint(condition=models.Q(('level', 'national'), ('parent__isnull', False), _connector='OR'), name='agency_parent_unless_national'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'commerce')), fields=('division',), name='agency_one_per_division'),
        ),
        migrations.AddConstraint(
            model_name='agency',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'commerce'), ('level', 'national')), fields=('level',), name='agency_one_national'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.CheckConstraint(condition=models.Q(('uscc__regex', '^[0-9A-HJ-NP-RTUWXY]{18}$')), name='enterprise_uscc_shape'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('known', 'active', 'closed'))), name='enterprise_state'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), ('claimed', True), _connector='OR'), name='enterprise_active_is_claimed'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.CheckConstraint(condition=models.Q(('claimed', False), ('kind', '92'), models.Q(('name_key', ''), _negated=True), _connector='OR'), name='enterprise_name_given'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'closed'), _negated=True), fields=('uscc',), name='enterprise_uscc_once'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.UniqueConstraint(condition=models.Q(('claimed', True), models.Q(('state', 'closed'), _negated=True), models.Q(('kind', '92'), _negated=True)), fields=('name_key',), name='enterprise_name_once'),
        ),
        migrations.AddConstraint(
            model_name='enterprise',
            constraint=models.UniqueConstraint(condition=models.Q(('claimed', True), ('kind', '92'), models.Q(('state', 'closed'), _negated=True), models.Q(('name_key', ''), _negated=True)), fields=('name_key', 'division'), name='enterprise_name_once_in_county'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ('administrator', 'operator', 'handler'))), name='membership_role'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='membership_span'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('account',), name='membership_one_per_account'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('role', 'administrator'), ('until__isnull', True)), fields=('enterprise',), name='membership_one_administrator'),
        ),
    ]
