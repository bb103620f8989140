-- SQLite reads the whole index for `(a, b) IN (VALUES …)`; CROSS JOIN makes it look each key up instead.
WITH asked (site_id, id) AS (VALUES {rows})
SELECT events.site_id, events.id
FROM asked
CROSS JOIN events ON events.site_id = asked.site_id AND events.id = asked.id
