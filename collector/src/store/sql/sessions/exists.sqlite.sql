SELECT started_at FROM sessions WHERE site_id = ? AND visitor_id = ? AND session_id = ?
