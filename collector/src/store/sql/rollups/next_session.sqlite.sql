-- The hour of a visitor's next session: a new one before it may have taken its place as their first. By the visitor's index: the
-- one by start, which has the order, would go through everybody's sessions since.
SELECT started_at / 3600000
FROM sessions INDEXED BY sessions_of_visitor
WHERE site_id = ? AND visitor_id = ? AND (started_at, session_id) > (?, ?)
ORDER BY started_at, session_id
LIMIT 1
