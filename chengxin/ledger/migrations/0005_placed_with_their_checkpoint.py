"""An event may come in with its place, if a checkpoint of the same transaction covers it; whoever asks.

The guard looks once at a statement, not at every row: a trigger before each row also keeps COPY from writing pages at once. It looks
in every session that has said so at some time, so that nobody says so for the rows and takes it back before the end.
"""

from __future__ import annotations

from django.db import migrations

GUARD = """
DROP TRIGGER ledger_event_placed ON ledger_event;
CREATE TRIGGER ledger_event_placed AFTER INSERT ON ledger_event FOR EACH ROW
WHEN ((NEW.position IS NOT NULL OR NEW.leaf_index IS NOT NULL) AND current_setting('ledger.covered', true) IS DISTINCT FROM 'yes')
EXECUTE FUNCTION ledger_refuse();
CREATE FUNCTION ledger_check_covered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce((SELECT max(position) FROM ledger_event), 0) > (
        SELECT sum(coalesce((SELECT size FROM ledger_checkpoint c WHERE c.log = names.log ORDER BY id DESC LIMIT 1), 0))
        FROM unnest(ARRAY['public', 'audit']) AS names(log))
    OR EXISTS (SELECT 1 FROM unnest(ARRAY['public', 'audit']) AS names(log) WHERE
        coalesce((SELECT max(leaf_index) FROM ledger_event e WHERE e.log = names.log AND leaf_index IS NOT NULL), -1)
        >= coalesce((SELECT size FROM ledger_checkpoint c WHERE c.log = names.log ORDER BY id DESC LIMIT 1), 0))
  THEN
    RAISE EXCEPTION 'an event has a place that no checkpoint covers' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_event_covered AFTER INSERT ON ledger_event FOR EACH STATEMENT
WHEN (current_setting('ledger.covered', true) IS NOT NULL) EXECUTE FUNCTION ledger_check_covered();
"""

UNDO = """
DROP TRIGGER ledger_event_covered ON ledger_event;
DROP FUNCTION ledger_check_covered();
DROP TRIGGER ledger_event_placed ON ledger_event;
CREATE TRIGGER ledger_event_placed BEFORE INSERT ON ledger_event FOR EACH ROW
WHEN (NEW.position IS NOT NULL OR NEW.leaf_index IS NOT NULL)
EXECUTE FUNCTION ledger_refuse();
"""


class Migration(migrations.Migration):
    """Guards places by the checkpoint that covers them."""

    dependencies = [("ledger", "0004_places_only_of_the_placed")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
