"""Triggers that keep consents, the access log and the list of division loads append-only (D-42)."""

from __future__ import annotations

from django.db import migrations

TABLES = ("identity_accesslog", "identity_consent", "identity_divisionload")

REFUSE = """
CREATE FUNCTION identity_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def _trigger(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION identity_refuse();
CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION identity_refuse();
"""


def _undo(table: str) -> str:
    return f"DROP TRIGGER {table}_kept ON {table}; DROP TRIGGER {table}_whole ON {table};"


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION identity_refuse()"),
        *(migrations.RunSQL(_trigger(table), _undo(table)) for table in TABLES),
    ]
