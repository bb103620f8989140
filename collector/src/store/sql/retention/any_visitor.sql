SELECT last_at
FROM visitors
WHERE site_id = $1 AND last_at < $2
LIMIT 1
