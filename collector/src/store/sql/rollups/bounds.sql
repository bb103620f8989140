-- The first and the last moment of which there is anything.
SELECT
    (SELECT MIN(started_at) FROM sessions WHERE site_id = $1) AS first_session,
    (SELECT MIN({second}) FROM events WHERE site_id = $1) AS first_event,
    (SELECT MAX(started_at) FROM sessions WHERE site_id = $1) AS last_session,
    (SELECT MAX({second}) FROM events WHERE site_id = $1) AS last_event
