SELECT visitor_id
FROM visitor_users
WHERE site_id = $1 AND user_id = $2
LIMIT 1
