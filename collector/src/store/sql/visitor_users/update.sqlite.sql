UPDATE visitor_users SET last_at = MAX(last_at, ?4)
WHERE site_id = ?1 AND visitor_id = ?2 AND user_id = ?3
