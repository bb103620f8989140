SELECT visitor_id, session_id
FROM sessions
WHERE site_id = $1 AND visitor_id IN ({list})
