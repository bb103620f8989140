-- SQLite reads the whole index for `(a, b) IN (VALUES …)`; CROSS JOIN makes it look each key up instead.
WITH asked (site_id, visitor_id, session_id) AS (VALUES {rows})
SELECT sessions.site_id, sessions.visitor_id, sessions.session_id
FROM asked
CROSS JOIN sessions
    ON sessions.site_id = asked.site_id
    AND sessions.visitor_id = asked.visitor_id
    AND sessions.session_id = asked.session_id
