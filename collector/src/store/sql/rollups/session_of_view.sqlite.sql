-- The hour of the session of a page view, which may be another one than the ping's.
SELECT s.started_at / 3600000
FROM events AS e
JOIN sessions AS s ON s.site_id = e.site_id AND s.visitor_id = e.visitor_id AND s.session_id = e.session_id
WHERE e.site_id = ? AND e.visitor_id = ? AND e.id = ?
