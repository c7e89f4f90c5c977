"""Triggers that keep every version for ever (D-34, D-42)."""

from django.db import migrations

KEEP = """
CREATE FUNCTION catalogue_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER catalogue_formversion_kept BEFORE UPDATE OR DELETE ON catalogue_formversion
  FOR EACH ROW EXECUTE FUNCTION catalogue_refuse();
CREATE TRIGGER catalogue_formversion_whole BEFORE TRUNCATE ON catalogue_formversion
  FOR EACH STATEMENT EXECUTE FUNCTION catalogue_refuse();
"""

UNDO = """
DROP TRIGGER catalogue_formversion_kept ON catalogue_formversion;
DROP TRIGGER catalogue_formversion_whole ON catalogue_formversion;
DROP FUNCTION catalogue_refuse();
"""


class Migration(migrations.Migration):
    """Guards of the table of versions."""

    dependencies = [("catalogue", "0001_initial")]

    operations = [migrations.RunSQL(KEEP, UNDO)]
