"""A frozen submission may have its envelopes exchanged for others, and nothing else: after its key was rotated (D-41).

The running role has no privilege to change the table at all; the owning role, which re-seals, is held to this by the trigger.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION filings_without_envelopes(answers jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, CASE WHEN value #>> '{}' ~ '^v1:[0-9]+:[A-Za-z0-9+/=]+$' THEN '"envelope"'::jsonb ELSE value END), '{}')
  FROM jsonb_each(answers)
$$;
CREATE FUNCTION filings_refuse_other_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'answers' = to_jsonb(OLD) - 'answers'
    AND filings_without_envelopes(NEW.answers) = filings_without_envelopes(OLD.answers) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER filings_submission_append_only ON filings_submission;
CREATE TRIGGER filings_submission_kept BEFORE DELETE ON filings_submission FOR EACH ROW EXECUTE FUNCTION filings_refuse_change();
CREATE TRIGGER filings_submission_append_only BEFORE UPDATE ON filings_submission
  FOR EACH ROW EXECUTE FUNCTION filings_refuse_other_change();
"""
BACKWARD = """
DROP TRIGGER filings_submission_kept ON filings_submission;
DROP TRIGGER filings_submission_append_only ON filings_submission;
CREATE TRIGGER filings_submission_append_only BEFORE UPDATE OR DELETE ON filings_submission
  FOR EACH ROW EXECUTE FUNCTION filings_refuse_change();
DROP FUNCTION filings_refuse_other_change();
DROP FUNCTION filings_without_envelopes(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("filings", "0015_voluntary_records")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
