"""The one SQL expression that puts a public file together from stored fragments (D-57).

Used by the single rewrite, the bulk rewrite, a reader after midnight and ``doctor``'s comparison.
Per group the newest 100 records, all groups together at most 250 KB of fragments (D-15): taken
round by round, so that no group is pushed out by another one's length.
"""

from __future__ import annotations

MAX_PER_GROUP = 100
MAX_FRAGMENT_BYTES = 250_000

# Parameters by name: day, ids (uuid[] of enterprises, sent in binary: as text each is written and read once more).
# One way through the records, without a second look at any of them: `fits` goes round by round through the groups,
# and what is not shown today counts for the day of change only.
SHOWN = "(v.publicity_from IS NULL OR v.publicity_from <= %(day)s) AND (v.publicity_until IS NULL OR v.publicity_until >= %(day)s)"
ASSEMBLE = f"""
WITH live AS (
    SELECT v.enterprise_id, v."group", v.fragment, v.version_id, v.publicity_from, v.publicity_until, {SHOWN} AS shown,
           row_number() OVER (PARTITION BY v.enterprise_id, v."group", {SHOWN} ORDER BY v.created_at DESC, v."order", v.version_id) AS place
    FROM records_version v
    WHERE v.enterprise_id = ANY(%(ids)b) AND v.ended_at IS NULL AND v.fragment IS NOT NULL
), placed AS (
    SELECT *, shown AND place <= {MAX_PER_GROUP} AND {MAX_FRAGMENT_BYTES} >=
        sum(CASE WHEN shown AND place <= {MAX_PER_GROUP} THEN octet_length(fragment) + 1 END) OVER (
            PARTITION BY enterprise_id ORDER BY place, "group", version_id) AS fits
    FROM live
), per_group AS (
    SELECT enterprise_id, "group", count(*) FILTER (WHERE shown) AS total, count(*) FILTER (WHERE fits) AS here,
           string_agg(fragment, ','::bytea ORDER BY place) FILTER (WHERE fits) AS json,
           min(least(CASE WHEN publicity_until >= %(day)s THEN publicity_until + 1 END,
                     CASE WHEN publicity_from > %(day)s THEN publicity_from END)) AS next_change_on
    FROM placed GROUP BY 1, 2
), per_file AS (
    SELECT enterprise_id, string_agg(json, ','::bytea ORDER BY "group") AS json, sum(total) AS records,
           string_agg('"' || "group" || '":{{"more":' || CASE WHEN total > here THEN 'true' ELSE 'false' END
             || ',"total":' || total || '}}', ',' ORDER BY "group") FILTER (WHERE total > 0) AS totals,
           min(next_change_on) AS next_change_on
    FROM per_group GROUP BY 1
), disputed AS (
    SELECT m.enterprise_id, string_agg('"' || v.version_id || '"', ',' ORDER BY v.version_id) AS json
    FROM records_mark m JOIN records_version v USING (enterprise_id, origin, record_id)
    WHERE m.enterprise_id = ANY(%(ids)b) AND m.until IS NULL AND v.ended_at IS NULL AND v.fragment IS NOT NULL AND {SHOWN} GROUP BY 1
)
SELECT f.uscc, f.enterprise_id,
       f.head || convert_to(',"groups":{{' || coalesce(r.totals, '') || '}},"records":[', 'UTF8')
         || coalesce(r.json, ''::bytea) || convert_to(']' || coalesce(',"disputed":[' || d.json || ']', '') || '}}', 'UTF8') AS body,
       r.next_change_on, coalesce(r.records, 0)::int AS records, f.etag AS former, f.ctid AS place, f.xmin AS writer
FROM records_publicfile f
LEFT JOIN per_file r USING (enterprise_id)
LEFT JOIN disputed d USING (enterprise_id)
WHERE f.enterprise_id = ANY(%(ids)b)
"""

LOCK = "SELECT enterprise_id FROM records_publicfile WHERE enterprise_id = ANY(%(ids)b) ORDER BY uscc FOR UPDATE"

# Rows are found again by where they stand; one that somebody else has written meanwhile is not written.
_WRITE = f"""
WITH made AS MATERIALIZED ({ASSEMBLE}), written AS (
    UPDATE records_publicfile p
    SET body = made.body, etag = left(encode(sha256(made.body), 'hex'), 32), records = made.records,
        next_change_on = made.next_change_on, updated_at = %(now)s
    FROM made WHERE p.ctid = made.place AND p.xmin = made.writer
    RETURNING p.uscc, p.etag, made.former
)
"""

# Also tells the change feed, where the bytes are other ones than before (ADR 0014).
REWRITE = f"""
{_WRITE}
INSERT INTO records_waitingchange (uscc, kind, etag, at)
SELECT uscc, 'changed', etag, %(now)s FROM written WHERE etag <> former ORDER BY uscc
"""

# Gives back what the feed has to be told, codes and their tags, and whether somebody wrote one of the rows meanwhile.
REWRITE_UNTOLD = f"""
{_WRITE}
SELECT string_agg(uscc, chr(31)) FILTER (WHERE etag <> former), string_agg(etag, chr(31)) FILTER (WHERE etag <> former),
       count(*) <> (SELECT count(*) FROM made)
FROM written
"""

READ_MANY = "SELECT uscc, body, etag, next_change_on FROM records_publicfile WHERE uscc = ANY(%s)"

# $1 codes, $2 and $3 tag and day of the file that the reader has of each, or NULL: those come that are otherwise now, or not there.
READ_CHANGED = """
SELECT known.uscc, f.etag, f.next_change_on, f.body
FROM unnest($1::varchar[], $2::varchar[], $3::date[]) AS known(uscc, etag, day) LEFT JOIN records_publicfile f ON f.uscc = known.uscc
WHERE f.etag IS NULL OR f.etag IS DISTINCT FROM known.etag OR f.next_change_on IS DISTINCT FROM known.day
"""
