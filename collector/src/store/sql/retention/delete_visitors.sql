DELETE FROM visitors
WHERE site_id = $1 AND last_at < $2 AND visitor_id IN {of visitor}
RETURNING first_at
