SELECT site_id, visitor_id, session_id
FROM sessions
WHERE (site_id, visitor_id, session_id) IN (VALUES {rows})
