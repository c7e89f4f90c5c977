"""Versions, steps and claims are only added to; a trigger refuses the rest."""

from django.db import migrations

TABLES = ("portal_version", "portal_step", "portal_claim")
FORWARD = """
CREATE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION portal_refuse_change();"
    for table in TABLES
)
BACKWARD = "\n".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES) + "\nDROP FUNCTION portal_refuse_change();"


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_pages_of_content_and_services")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
