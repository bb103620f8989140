-- The hour of a visitor's next session: a new one before it may have taken its place as their first.
SELECT started_at / 3600000
FROM sessions
WHERE site_id = ? AND visitor_id = ? AND (started_at, session_id) > (?, ?)
ORDER BY started_at, session_id
LIMIT 1
