"""Triggers that keep the ledger append-only, whoever asks (D-22, D-42); and tiles stored uncompressed."""

from __future__ import annotations

from django.db import migrations

REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

# The only update of an event is the one that gives it its place: NULL -> value of both numbers at once.
# As a WHEN clause this costs no function call for each of the sequencer's rows.
EVENT = """
CREATE TRIGGER ledger_event_update BEFORE UPDATE ON ledger_event FOR EACH ROW
WHEN (NOT (
  OLD.position IS NULL AND NEW.position IS NOT NULL
  AND OLD.leaf_index IS NULL AND NEW.leaf_index IS NOT NULL
  AND (OLD.id, OLD.log, OLD.kind, OLD.subject, OLD.data, OLD.leaf, OLD.salt, OLD.actor, OLD.version_id, OLD.created_at)
      IS NOT DISTINCT FROM
      (NEW.id, NEW.log, NEW.kind, NEW.subject, NEW.data, NEW.leaf, NEW.salt, NEW.actor, NEW.version_id, NEW.created_at)
))
EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_event_placed BEFORE INSERT ON ledger_event FOR EACH ROW
WHEN (NEW.position IS NOT NULL OR NEW.leaf_index IS NOT NULL)
EXECUTE FUNCTION ledger_refuse();
"""

TILE = """
ALTER TABLE ledger_tile ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE ledger_tile ADD CONSTRAINT ledger_tile_width
  CHECK (octet_length(data) BETWEEN 32 AND 8192 AND octet_length(data) % 32 = 0);
CREATE TRIGGER ledger_tile_update BEFORE UPDATE ON ledger_tile FOR EACH ROW
WHEN (
  (OLD.log, OLD.level, OLD.n) IS DISTINCT FROM (NEW.log, NEW.level, NEW.n)
  OR substring(NEW.data FROM 1 FOR octet_length(OLD.data)) IS DISTINCT FROM OLD.data
)
EXECUTE FUNCTION ledger_refuse();
"""

ORIGIN = """
CREATE TRIGGER ledger_origin_update BEFORE UPDATE ON ledger_origin FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
"""

# Checkpoints may be pruned, but never the newest of a log.
CHECKPOINT = """
CREATE TRIGGER ledger_checkpoint_update BEFORE UPDATE ON ledger_checkpoint
FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE FUNCTION ledger_checkpoint_keep_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_checkpoint WHERE log = OLD.log AND id > OLD.id) THEN
    RAISE EXCEPTION 'the newest checkpoint of log % stays', OLD.log USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER ledger_checkpoint_delete BEFORE DELETE ON ledger_checkpoint
FOR EACH ROW EXECUTE FUNCTION ledger_checkpoint_keep_newest();
CREATE TRIGGER ledger_checkpoint_truncate BEFORE TRUNCATE ON ledger_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""

KEEP = "".join(
    f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse();\n"
    f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();\n"
    for table in ("ledger_event", "ledger_tile", "ledger_origin")
)

UNDO = """
DROP TRIGGER ledger_event_update ON ledger_event;
DROP TRIGGER ledger_event_placed ON ledger_event;
DROP TRIGGER ledger_tile_update ON ledger_tile;
ALTER TABLE ledger_tile DROP CONSTRAINT ledger_tile_width;
DROP TRIGGER ledger_origin_update ON ledger_origin;
DROP FUNCTION ledger_checkpoint_keep_newest() CASCADE;
DROP FUNCTION ledger_refuse() CASCADE;
"""


class Migration(migrations.Migration):
    """Guards against every change but the intended ones."""

    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE + EVENT + TILE + ORIGIN + CHECKPOINT + KEEP, UNDO)]
