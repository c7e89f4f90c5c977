"""Ready bytes are stored as they are sent, and ranks are drawn from one sequence."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE records_rank_seq;
ALTER TABLE records_publicfile ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE records_version ALTER COLUMN fragment SET STORAGE EXTERNAL;
"""
BACKWARD = """
ALTER TABLE records_version ALTER COLUMN fragment SET STORAGE EXTENDED;
ALTER TABLE records_publicfile ALTER COLUMN body SET STORAGE EXTENDED;
DROP SEQUENCE records_rank_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
