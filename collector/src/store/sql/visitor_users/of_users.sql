SELECT visitor_id, user_id, last_at, shared
FROM visitor_users
WHERE site_id = $1 AND user_id IN ({list})
