SELECT visitor_id, session_id, started_at, last_at, channel
FROM sessions {by sessions_of_visitor}
WHERE site_id = $1
  {filters}
ORDER BY started_at DESC, session_id DESC, visitor_id DESC
LIMIT $2
