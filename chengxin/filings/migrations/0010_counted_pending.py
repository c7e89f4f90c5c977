"""Pending filings are counted by triggers, one line for each change; the sum of the lines is exact in every snapshot."""

import django.db.models.deletion
from django.db import migrations, models

KEYS = ("state", "division_code", "form_id", "kind", "handler_id", "overdue_at")
OLD, NEW = ("(" + ", ".join(f"{row}.{key}" for key in KEYS) + ")" for row in ("OLD", "NEW"))
FORWARD = f"""
CREATE FUNCTION filings_count_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'submitted' THEN
        INSERT INTO filings_waiting (division_code, form_id, kind, handler_id, pending, late, settled)
        VALUES (OLD.division_code, OLD.form_id, OLD.kind, OLD.handler_id, -1, -(OLD.overdue_at IS NOT NULL)::int, false);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'submitted' THEN
        INSERT INTO filings_waiting (division_code, form_id, kind, handler_id, pending, late, settled)
        VALUES (NEW.division_code, NEW.form_id, NEW.kind, NEW.handler_id, 1, (NEW.overdue_at IS NOT NULL)::int, false);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER filings_waiting_more AFTER INSERT ON filings_filing
    FOR EACH ROW WHEN (NEW.state = 'submitted') EXECUTE FUNCTION filings_count_waiting();
CREATE TRIGGER filings_waiting_less AFTER DELETE ON filings_filing
    FOR EACH ROW WHEN (OLD.state = 'submitted') EXECUTE FUNCTION filings_count_waiting();
CREATE TRIGGER filings_waiting_moved AFTER UPDATE ON filings_filing
    FOR EACH ROW WHEN ((OLD.state = 'submitted' OR NEW.state = 'submitted') AND {OLD} IS DISTINCT FROM {NEW})
    EXECUTE FUNCTION filings_count_waiting();
INSERT INTO filings_waiting (division_code, form_id, kind, handler_id, pending, late, settled)
SELECT division_code, form_id, kind, handler_id, count(*), count(overdue_at), true
FROM filings_filing WHERE state = 'submitted' GROUP BY division_code, form_id, kind, handler_id;
"""
BACKWARD = """
DROP TRIGGER filings_waiting_more ON filings_filing;
DROP TRIGGER filings_waiting_less ON filings_filing;
DROP TRIGGER filings_waiting_moved ON filings_filing;
DROP FUNCTION filings_count_waiting();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('filings', '0009_help_tickets_and_account_changes'),
        ('identity', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Waiting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('division_code', models.CharField(max_length=6)),
                ('form_id', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=20)),
                ('pending', models.IntegerField()),
                ('late', models.IntegerField()),
                ('settled', models.BooleanField(default=False)),
                ('handler', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.agency')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('settled', False)), fields=['id'], name='waiting_unsettled')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('settled', True)), fields=('division_code', 'form_id', 'kind', 'handler'), name='waiting_settled_once', nulls_distinct=False)],
            },
        ),
        migrations.AddIndex(
            model_name='filing',
            index=models.Index(condition=models.Q(('state', 'submitted')), fields=['filer'], name='filing_waits_of_filer'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
