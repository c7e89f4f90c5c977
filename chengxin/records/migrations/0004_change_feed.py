"""The change feed: where changes wait, where they stand for good; it begins with the files there are (ADR 0014)."""

from django.db import migrations, models

KEEP = """
CREATE FUNCTION records_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER records_change_kept BEFORE UPDATE OR DELETE ON records_change FOR EACH ROW EXECUTE FUNCTION records_refuse();
CREATE TRIGGER records_change_whole BEFORE TRUNCATE ON records_change FOR EACH STATEMENT EXECUTE FUNCTION records_refuse();
"""
UNDO = """
DROP TRIGGER records_change_kept ON records_change;
DROP TRIGGER records_change_whole ON records_change;
DROP FUNCTION records_refuse();
"""
BEGIN_WITH = """
INSERT INTO records_waitingchange (uscc, kind, etag, at)
SELECT uscc, 'changed', etag, updated_at FROM records_publicfile WHERE etag <> '' ORDER BY updated_at, uscc
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0003_record_of_one_origin'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('uscc', models.CharField(max_length=18)),
                ('kind', models.CharField(max_length=8)),
                ('etag', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('position__gte', 1)), name='change_position'), models.CheckConstraint(condition=models.Q(('kind__in', ['changed', 'removed'])), name='change_kind'), models.CheckConstraint(condition=models.Q(models.Q(('etag', ''), ('kind', 'removed')), models.Q(('kind', 'changed'), models.Q(('etag', ''), _negated=True)), _connector='OR'), name='change_etag')],
            },
        ),
        migrations.CreateModel(
            name='WaitingChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uscc', models.CharField(max_length=18)),
                ('kind', models.CharField(max_length=8)),
                ('etag', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['changed', 'removed'])), name='waiting_change_kind')],
            },
        ),
        migrations.RunSQL(KEEP, UNDO),
        migrations.RunSQL(BEGIN_WITH, migrations.RunSQL.noop),
    ]
