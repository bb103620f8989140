DELETE FROM sessions
WHERE site_id = $1 AND visitor_id IN {of visitor}
RETURNING started_at, channel
