"""The one SQL expression that puts a public file together from stored fragments (D-57).

Used by the single rewrite, the bulk rewrite, a reader after midnight and ``doctor``'s comparison.
Per group the newest 100 records, all groups together at most 250 KB of fragments (D-15): taken
round by round, so that no group is pushed out by another one's length.
"""

from __future__ import annotations

MAX_PER_GROUP = 100
MAX_FRAGMENT_BYTES = 250_000

# Parameters by name: day, ids (uuid[] of enterprises).
ASSEMBLE = f"""
WITH live AS (
    SELECT v.enterprise_id, v.origin, v.record_id, v."group", v."order", v.version_id, v.fragment, v.publicity_from, v.publicity_until,
           (v.publicity_from IS NULL OR v.publicity_from <= %(day)s)
             AND (v.publicity_until IS NULL OR v.publicity_until >= %(day)s) AS shown, v.created_at
    FROM records_version v
    WHERE v.enterprise_id = ANY(%(ids)s) AND v.ended_at IS NULL AND v.fragment IS NOT NULL
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY enterprise_id, "group" ORDER BY created_at DESC, "order", version_id) AS place,
           count(*) OVER (PARTITION BY enterprise_id, "group") AS total
    FROM live WHERE shown
), taken AS (
    SELECT *, sum(octet_length(fragment) + 1) OVER (
        PARTITION BY enterprise_id ORDER BY place, "group", version_id) AS bytes_so_far
    FROM placed WHERE place <= {MAX_PER_GROUP}
), fit AS (
    SELECT * FROM taken WHERE bytes_so_far <= {MAX_FRAGMENT_BYTES}
), per_group AS (
    SELECT p.enterprise_id, p."group", max(p.total) AS total, count(fit.version_id) AS here
    FROM placed p LEFT JOIN fit USING (enterprise_id, version_id) GROUP BY 1, 2
), totals AS (
    SELECT enterprise_id, string_agg('"' || "group" || '":{{"more":' || CASE WHEN total > here THEN 'true' ELSE 'false' END
        || ',"total":' || total || '}}', ',' ORDER BY "group") AS json, sum(total) AS records
    FROM per_group GROUP BY 1
), bodies AS (
    SELECT enterprise_id, string_agg(fragment, ','::bytea ORDER BY "group", place) AS json FROM fit GROUP BY 1
), disputed AS (
    SELECT m.enterprise_id, string_agg('"' || p.version_id || '"', ',' ORDER BY p.version_id) AS json
    FROM records_mark m JOIN placed p USING (enterprise_id, origin, record_id)
    WHERE m.enterprise_id = ANY(%(ids)s) AND m.until IS NULL GROUP BY 1
), turns AS (
    SELECT enterprise_id, min(least(
        CASE WHEN publicity_until >= %(day)s THEN publicity_until + 1 END,
        CASE WHEN publicity_from > %(day)s THEN publicity_from END)) AS next_change_on
    FROM live GROUP BY 1
)
SELECT f.uscc, f.enterprise_id,
       f.head || convert_to(',"groups":{{' || coalesce(t.json, '') || '}},"records":[', 'UTF8')
         || coalesce(b.json, ''::bytea) || ']'::bytea
         || convert_to(coalesce(',"disputed":[' || d.json || ']', '') || '}}', 'UTF8') AS body,
       turns.next_change_on, coalesce(t.records, 0)::int AS records
FROM records_publicfile f
LEFT JOIN totals t USING (enterprise_id)
LEFT JOIN bodies b USING (enterprise_id)
LEFT JOIN disputed d USING (enterprise_id)
LEFT JOIN turns USING (enterprise_id)
WHERE f.enterprise_id = ANY(%(ids)s)
"""

LOCK = "SELECT uscc FROM records_publicfile WHERE enterprise_id = ANY(%(ids)s) ORDER BY uscc FOR UPDATE"

# Also tells the change feed, where the bytes are other ones than before (ADR 0014).
REWRITE = f"""
WITH made AS ({ASSEMBLE}), before AS (
    SELECT uscc, etag FROM records_publicfile WHERE enterprise_id = ANY(%(ids)s)
), written AS (
    UPDATE records_publicfile p
    SET body = made.body, etag = left(encode(sha256(made.body), 'hex'), 32),
        next_change_on = made.next_change_on, updated_at = %(now)s
    FROM made WHERE p.enterprise_id = made.enterprise_id
    RETURNING p.uscc, p.enterprise_id, p.etag, made.records
), told AS (
    INSERT INTO records_waitingchange (uscc, kind, etag, at)
    SELECT written.uscc, 'changed', written.etag, %(now)s
    FROM written JOIN before USING (uscc) WHERE written.etag <> before.etag ORDER BY written.uscc
)
UPDATE records_search s SET records = written.records FROM written WHERE s.enterprise_id = written.enterprise_id
"""

READ_MANY = "SELECT uscc, body, etag, next_change_on FROM records_publicfile WHERE uscc = ANY(%s)"
