SELECT last_at, visitor_id, user_id
FROM visitor_users
WHERE site_id = $1 AND shared
  AND (last_at, visitor_id, user_id) < ($2, $3, $4)
ORDER BY last_at DESC, visitor_id DESC, user_id DESC
LIMIT $5
