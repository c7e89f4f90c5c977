"""Frozen submissions, decisions and commitments are only added to; a trigger refuses the rest."""

from django.db import migrations

TABLES = ("filings_submission", "filings_decision", "filings_commitment")
FORWARD = """
CREATE FUNCTION filings_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION filings_refuse_change();"
    for table in TABLES
)
BACKWARD = "\n".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES) + (
    "\nDROP FUNCTION filings_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("filings", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
